"""What systems and scorers are made with (评测资源): folders, limits, and what is loaded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zhibian.records.case_json import Limits
from zhibian.review.reviewer import Reviewer

#: Scheme, tariff, rate variant → reviewer with the models that were asked for; kept once loaded.
ReviewerLoader = Callable[[str, str, str | None], Reviewer]


@dataclass(frozen=True, slots=True)
class Resources:
    """What systems and scorers are made with.

    Attributes
    ----------
    rules, models, cache
        Folders, as in :class:`zhibian.settings.Settings`.
    limits
        Largest file and document.
    reviewer
        Loads rules, code sets, pack and tariff, with the trained models.
    work
        Folder for checkpoints and other things that can be made again; None keeps nothing.
    """

    rules: Path
    models: Path
    cache: Path
    limits: Limits
    reviewer: ReviewerLoader
    work: Path | None = None

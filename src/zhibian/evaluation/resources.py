"""What systems and scorers are made with (评测资源): folders, limits, and what is loaded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zhibian.records.case_json import Limits
from zhibian.review.reviewer import Reviewer

#: Scheme, tariff, rate variant → reviewer with the models that were asked for; kept once loaded.
ReviewerLoader = Callable[[str, str, str | None], Reviewer]

#: Id of a data set of the registry → its folder; raises InputError where it is absent.
FolderOf = Callable[[str], Path]


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
    hosts
        Hosts that systems may send records to, as the user named them; none by default.
    folder_of
        Where data sets lie: some publish the code set of their answers beside them. None where
        only rules and models are at hand.
    """

    rules: Path
    models: Path
    cache: Path
    limits: Limits
    reviewer: ReviewerLoader
    work: Path | None = None
    hosts: tuple[str, ...] = ()
    folder_of: FolderOf | None = None

"""What commands that run systems share (评测运行公用): resources, and the command as shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePath
from types import MappingProxyType

from zhibian.cli.common import case_limits
from zhibian.cli.models import ModelsChoice, with_models
from zhibian.evaluation.data.load import Library
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.kind import KindOfTask
from zhibian.evaluation.tasks.spec import Kind
from zhibian.review.reviewer import Reviewer, load_reviewer
from zhibian.settings import Settings

_WORK = "evaluation"
_SECRET = re.compile(r"key|token|secret|password", re.IGNORECASE)


def evaluation_resources(
    rules: Path | None,
    models: ModelsChoice,
    books: Library,
    hosts: Sequence[str] = (),
) -> Resources:
    """Return what systems and scorers are made with; reviewers are loaded once.

    Parameters
    ----------
    rules
        Folder of the rule data; None for that of the settings.
    models
        Whether the trained models are used.
    books
        Data sets and where they lie.
    hosts
        Hosts that systems may call.
    """
    settings = Settings()
    where = rules or settings.rules

    @cache
    def reviewer(scheme: str, tariff: str, variant: str | None) -> Reviewer:
        return with_models(load_reviewer(where, scheme, tariff, variant), models, where, settings)

    return Resources(
        rules=where,
        models=settings.models,
        cache=settings.cache,
        limits=case_limits(settings),
        reviewer=reviewer,
        work=settings.cache / _WORK,
        hosts=tuple(hosts),
        folder_of=books.folder_of,
    )


def known_kinds() -> Mapping[Kind, KindOfTask]:
    """Return the kinds of tasks with their systems, those that are trained among them."""
    # Systems that learn import scikit-learn, which takes seconds: other commands do not wait.
    # Those of the extra `train` import it only when they are made.
    from zhibian.evaluation.coders.registry import record_coders  # noqa: PLC0415
    from zhibian.evaluation.kinds.registry import KINDS  # noqa: PLC0415
    from zhibian.training.coders import TRAINED_RECORD_CODERS  # noqa: PLC0415

    coding = replace(KINDS["coding"], systems=record_coders(*TRAINED_RECORD_CODERS))
    return MappingProxyType({**KINDS, "coding": coding})


def shown_command(arguments: Sequence[str]) -> str:
    """Return a command as it may be published: no folder of the machine, no secret.

    Parameters
    ----------
    arguments
        As the shell gave them, the program first.
    """
    program, *rest = arguments
    return " ".join([PurePath(program).name, *map(_shown, rest)])


def _shown(argument: str) -> str:
    name, sign, value = argument.partition("=")
    if sign and _SECRET.search(name):
        return f"{name}=…"
    if sign and PurePath(value).is_absolute():
        return f"{name}={PurePath(value).name}"
    return PurePath(argument).name if PurePath(argument).is_absolute() else argument

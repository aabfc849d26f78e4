"""What commands of evaluation share (评测命令公用): resources, data folders, the shown command."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path, PurePath
from typing import Annotated

import typer

from zhibian.cli.common import case_limits
from zhibian.cli.models import ModelsChoice, with_models
from zhibian.evaluation.data.registry import folder_of, load_dataset
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import DatasetSpec
from zhibian.review.reviewer import Reviewer, load_reviewer
from zhibian.settings import Settings

DataOption = Annotated[
    list[str] | None,
    typer.Option("--data", help="数据集所在：编号=文件夹，可多次；缺省读环境变量。"),
]
_WORK = "evaluation"
_SECRET = re.compile(r"key|token|secret|password", re.IGNORECASE)


def evaluation_resources(
    rules: Path | None,
    models: ModelsChoice,
    named: Mapping[str, Path],
    hosts: Sequence[str] = (),
) -> Resources:
    """Return what systems and scorers are made with; reviewers are loaded once.

    Parameters
    ----------
    rules
        Folder of the rule data; None for that of the settings.
    models
        Whether the trained models are used.
    named
        Folders of data sets that the user names, by id.
    hosts
        Hosts that systems may call.
    """
    settings = Settings()
    where = rules or settings.rules

    @cache
    def reviewer(scheme: str, tariff: str, variant: str | None) -> Reviewer:
        return with_models(load_reviewer(where, scheme, tariff, variant), models, where, settings)

    folder = data_folders(named)
    return Resources(
        rules=where,
        models=settings.models,
        cache=settings.cache,
        limits=case_limits(settings),
        reviewer=reviewer,
        work=settings.cache / _WORK,
        hosts=tuple(hosts),
        folder_of=lambda id: folder(load_dataset(id)),
    )


def data_folders(named: Mapping[str, Path]) -> Callable[[DatasetSpec], Path]:
    """Return where data sets lie: as the user names them, else by environment variable."""

    def where(dataset: DatasetSpec) -> Path:
        return folder_of(dataset, named, os.environ)

    return where


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

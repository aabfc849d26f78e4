"""What every command shares (命令行公用): options, and how a refusal looks."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.problems import InputError, Problem
from zhibian.records.case_json import Limits
from zhibian.settings import Settings

REFUSED = 2

FactsOption = Annotated[Path, typer.Option("--facts", help="来源数据（facts）目录。")]
RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="规则目录；缺省为 ZHIBIAN_RULES 或随软件提供的规则。")
]


def case_limits(settings: Settings) -> Limits:
    """Return how large a case and its documents may be."""
    return Limits(settings.max_document_chars, settings.max_file_bytes)


def tell(problems: Sequence[Problem], source: str | None = None) -> None:
    """Print problems on standard error, all of them, under the name of their source."""
    screen = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    if source is not None:
        screen.print(f"{source}：{len(problems)} 个问题")
    indent = "" if source is None else "  "
    for problem in problems:
        screen.print(f"{indent}{problem.render()}")


def refuse(problems: Sequence[Problem], source: str | None = None) -> typer.Exit:
    """Print problems and return the exit to raise: code 2."""
    tell(problems, source)
    return typer.Exit(REFUSED)


def print_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table as CSV on standard output: comma, LF."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)


def need_extra(*modules: str) -> None:
    """Refuse with a remedy when an extra is not installed.

    Raises
    ------
    InputError
        A module is absent.
    """
    wanted = modules or ("torch", "transformers", "onnx", "onnxruntime", "safetensors")
    absent = [name for name in wanted if find_spec(name) is None]
    if absent:
        message = f"没有安装 {'、'.join(absent)}"
        remedy = "安装 zhibian[train]（评测只需 zhibian[models]）"
        raise InputError("train", [Problem("train", "extra_missing", message, remedy)])

"""``zhibian evaluate track``: file finished results in an MLflow store (实验追踪)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from zhibian.cli.common import refuse
from zhibian.evaluation.results import Results
from zhibian.problems import InputError, Problem

StoreOption = Annotated[
    Path, typer.Option("--store", help="追踪库文件夹：mlflow.db 与附件；不存在则新建。")
]
_BESIDE = ("report.html",)


def track_results(
    results: Annotated[list[Path], typer.Argument(help="评测写出的 results.json，可多个。")],
    store: StoreOption = Path("experiments"),
) -> None:
    """File results, and the reports beside them, once all of them are read."""
    problems: list[Problem] = []
    read: list[tuple[Path, Results]] = []
    for path in results:
        try:
            read.append((path, Results.model_validate_json(path.read_bytes())))
        except (OSError, ValidationError):
            remedy = "指向 zhibian evaluate run 写出的 results.json"
            problems.append(Problem(path.name, "results_unreadable", "不是评测结果文件", remedy))
    if problems:
        raise refuse(problems, "track")
    # MLflow is an extra: the other commands do not wait for it.
    from zhibian.training.tracking import track  # noqa: PLC0415

    screen = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    try:
        for path, result in read:
            beside = [path.with_name(name) for name in _BESIDE if path.with_name(name).is_file()]
            filed = track(result, store, beside)
            screen.print(f"{result.task.id}：已记入 {store}，运行 {filed.run}")
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    uri = f"sqlite:///{store}/mlflow.db"
    screen.print(f"查看：mlflow ui --backend-store-uri {uri}（结果本身在 results.json）")

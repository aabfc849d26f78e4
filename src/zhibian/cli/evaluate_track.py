"""``zhibian evaluate track``: file finished results in an MLflow store (实验追踪)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.cli.common import refuse
from zhibian.evaluation.experiments.readme import read_experiment_results
from zhibian.evaluation.experiments.spec import EXPERIMENT_FORMAT
from zhibian.evaluation.results import Results
from zhibian.evaluation.results_file import RESULTS, read_results
from zhibian.problems import InputError, Problem

StoreOption = Annotated[
    Path, typer.Option("--store", help="追踪库文件夹：mlflow.db 与附件；不存在则新建。")
]
_BESIDE = ("report.html",)


def track_results(
    results: Annotated[
        list[Path], typer.Argument(help="评测或实验写出的 results.json，或其文件夹，可多个。")
    ],
    store: StoreOption = Path("experiments"),
) -> None:
    """File results, and the reports beside them, once all of them are read."""
    problems: list[Problem] = []
    read: list[tuple[Path, Results]] = []
    for path in results:
        try:
            read += [(path, result) for result in results_of(path)]
        except InputError as bad:
            problems += [replace(p, field=f"{path.name} {p.field}") for p in bad.problems]
    if problems:
        raise refuse(problems, "track")
    # MLflow is an extra: the other commands do not wait for it.
    from zhibian.training.tracking import track  # noqa: PLC0415

    screen = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    try:
        for path, result in read:
            folder = path if path.is_dir() else path.parent
            beside = [folder / name for name in _BESIDE if (folder / name).is_file()]
            filed = track(result, store, beside)
            screen.print(f"{result.task.id}：已记入 {store}，运行 {filed.run}")
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    uri = f"sqlite:///{store}/mlflow.db"
    screen.print(f"查看：mlflow ui --backend-store-uri {uri}（结果本身在 results.json）")


def results_of(path: Path) -> list[Results]:
    """Return the results of a run, or of every run of an experiment.

    Raises
    ------
    InputError
        The file, or that of the folder, is absent or no result.
    """
    file = path / RESULTS if path.is_dir() else path
    if file.is_file() and f'"{EXPERIMENT_FORMAT}"'.encode() in file.read_bytes()[:200]:
        runs = read_experiment_results(file).runs
        return [labelled.results for run in runs for labelled in run.results]
    return [read_results(path)]

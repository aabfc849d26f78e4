"""``zhibian evaluate compare``: results of several runs beside each other (评测结果比较)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from zhibian.cli.common import refuse
from zhibian.cli.evaluate_run import MARKS
from zhibian.cli.evaluation_resources import known_kinds
from zhibian.cli.evaluation_tables import comparison_table, figures_table
from zhibian.evaluation.compare import compare
from zhibian.evaluation.results_file import read_results
from zhibian.problems import InputError, Problem

UNTESTED = (
    "未做配对检验：有的运行没有逐例结果（重新运行并加 --outcomes）。"
    "区间是否重叠不能说明两个系统有无差别。"
)


def compare_results(
    results: Annotated[list[Path], typer.Argument(help="两个以上 results.json 或其文件夹。")],
    reference: Annotated[
        str | None, typer.Option("--reference", help="对照系统；缺省为第一个文件的第一个。")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="列出全部共有的指标，而非只列主要指标。")
    ] = False,
    output_format: Annotated[
        Literal["text", "json"], typer.Option("--format", help="屏幕输出格式。")
    ] = "text",
) -> None:
    """Compare runs of the same task on the same data; others are refused."""
    try:
        if len(results) < 2:
            problem = Problem("路径", "one_result", "只有一个结果", "至少给出两个 results.json")
            raise InputError("compare", [problem])
        runs = [(path, read_results(path)) for path in results]
        compared = compare(runs, known_kinds()[runs[0][1].task.kind], reference)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    if output_format == "json":
        typer.echo(compared.results.model_dump_json(indent=1))
        return
    console = Console()
    main = list(dict.fromkeys(row.metric for row in compared.results.comparisons))
    console.print(figures_table(compared.results, compared.results.metrics if every else main))
    console.print(comparison_table(compared.results))
    console.print(MARKS if compared.tested else UNTESTED)

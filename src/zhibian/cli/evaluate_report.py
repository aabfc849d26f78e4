"""``zhibian evaluate report``: results files as one HTML page (评测报告)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from zhibian.cli.common import refuse
from zhibian.cli.outputs import OutputFile, Source, check_outputs
from zhibian.evaluation.report.render import render
from zhibian.evaluation.results_file import RESULTS, read_results, write_whole
from zhibian.problems import InputError

REPORT = "report.html"


def report(
    results: Annotated[
        list[Path],
        typer.Argument(help="评测结果 results.json，或其所在文件夹；可多个，各为一章。"),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="写出的网页。")] = Path(REPORT),
    language: Annotated[
        Literal["zh", "en", "both"],
        typer.Option("--lang", help="语言：中文、英文，或两者（网页上可切换）。"),
    ] = "both",
) -> None:
    """Write the report; exit code 2 where a file is no result or may not be shown."""
    try:
        read = [read_results(path) for path in results]
        files = [path / RESULTS if path.is_dir() else path for path in results]
        check_outputs(
            "evaluate report",
            [Source("RESULTS", file) for file in files],
            [OutputFile("--output", output)],
        )
        page = render(read, language)
        write_whole(output, page)
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    typer.echo(f"已写出 {output}（{len(results)} 个评测，{len(page.encode()) / 1000:,.0f} kB）")

"""Writing synthetic front pages to a file (写出), block by block with flat memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from zhibian.problems import InputError, Problem
from zhibian.synthesis.draw import BLOCK, SCHEMA, frames
from zhibian.synthesis.model import Model
from zhibian.whole_file import whole_file

SUFFIXES = (".csv", ".parquet")


def output_problems(output: Path) -> list[Problem]:
    """Return why a file can't be written, as far as that is known before anything is drawn."""
    problems = []
    if output.suffix.lower() not in SUFFIXES:
        problems.append(
            Problem(
                "--output",
                "output_format",
                "只能写 .csv 或 .parquet",
                "修改文件扩展名",
                output.name,
            )
        )
    if not output.parent.is_dir():
        problems.append(Problem("--output", "folder_missing", "输出目录不存在", "先建立该目录"))
    return problems


def write_cases(
    model: Model, output: Path, progress: Callable[[int], object] = lambda _: None
) -> None:
    """Draw all cases and write them.

    Parameters
    ----------
    model
        From :func:`zhibian.synthesis.model.build_model`.
    output
        ``.csv`` (UTF-8, comma, LF, a blank cell for an absent value) or ``.parquet``.
    progress
        Called with the number of rows of each block.

    Raises
    ------
    InputError
        The file can't be written; nothing is left of it then.
    """
    problems = output_problems(output)
    if problems:
        raise InputError(output.name, problems)

    def blocks() -> Iterator[pl.DataFrame]:
        for frame in frames(model):
            yield frame
            progress(frame.height)

    write = _write_csv if output.suffix.lower() == ".csv" else _write_parquet
    try:
        with whole_file(output) as part:
            write(blocks(), part)
    except (OSError, pl.exceptions.PolarsError):
        problem = Problem("--output", "unwritable", "结果不能写入", "检查输出路径、权限与磁盘空间")
        raise InputError(output.name, [problem]) from None


def _write_csv(blocks: Iterator[pl.DataFrame], path: Path) -> None:
    with path.open("wb") as handle:
        for number, frame in enumerate(blocks):
            frame.write_csv(handle, include_header=number == 0)


def _write_parquet(blocks: Iterator[pl.DataFrame], path: Path) -> None:
    """Stream into one file; each block is a row group, so that the bytes are always the same."""

    def source(
        _columns: list[str] | None,
        _predicate: pl.Expr | None,
        _rows: int | None,
        _batch: int | None,
    ) -> Iterator[pl.DataFrame]:
        # Nothing is asked of the frame but to be written, so the four hints are always None.
        yield from blocks

    lazy = register_io_source(source, schema=SCHEMA)
    lazy.sink_parquet(path, row_group_size=BLOCK, maintain_order=True)

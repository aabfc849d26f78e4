"""Spark tasks group as files are grouped; with pyspark and Java at hand, the whole job too."""

from __future__ import annotations

import csv
import importlib.util
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from zhibian.batch.spark import CORRUPT, GROUPS, PROBLEMS, SparkJob, group_work, problem_work
from zhibian.cli.main import app
from zhibian.grouping import Status, load_codebook, load_scheme
from zhibian.grouping.batches import ADDED, BROKEN
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.table import group_file
from zhibian.grouping.table_files import open_table
from zhibian.terminology.crosswalk import load_filed_set

SCHEME = "chs-drg-1.1"
HEADER = "id,sex,age,age_days,weight,principal,others,procedures,status"
ROWS = (
    "1,1,78,,,J15.902,I50.908,,filed",
    "2,,abc,,,,,,",
    "3,2,32,,,O32.101,O86.002,74.1x01,",
    "4,9,200,-1,0,J15.902,ZZ9,45.1,",
    "5,1,0,,,P07.300,,,",
    "6,1,30",
)
HAS_SPARK = importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None
needs_spark = pytest.mark.skipif(
    not HAS_SPARK, reason="needs the extra 'spark' and Java 17 (Debian: default-jre-headless)"
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spark") / "in.csv"
    path.write_text("\n".join((HEADER, *ROWS)) + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def local(source: Path, rules: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the local engine makes of the file, and its problems with the id of the row."""
    output, told = source.with_name("out.parquet"), source.with_name("problems.csv")
    group_file(
        open_table(source),
        output,
        load_scheme(rules, SCHEME),
        LAYOUTS[InputFormat.OWN],
        codebook=load_codebook(rules),
        problems=told,
    )
    problems = pl.read_csv(told, infer_schema=False).rename({"row": "id"})
    # The rows of the file are numbered from 2 on, the ids from 1 on.
    ids = problems["id"].cast(pl.Int64) - 1
    return pl.read_parquet(output), problems.with_columns(id=ids.cast(pl.String))


def _job(source: Path, rules: Path) -> SparkJob:
    return SparkJob(str(source), str(source.parent), rules, SCHEME, InputFormat.OWN)


def _as_spark_reads(source: Path) -> pa.RecordBatch:
    with source.open(encoding="utf-8", newline="") as handle:
        header, *rows = csv.reader(handle)
    whole = [len(row) == len(header) for row in rows]
    cells = [[*row, *[None] * (len(header) - len(row))] for row in rows]
    frame = pl.DataFrame(cells, schema=dict.fromkeys(header, pl.String), orient="row")
    frame = frame.with_columns(pl.when(pl.all() != "").then(pl.all()))
    broken = [None if fits else ",".join(row) for fits, row in zip(whole, rows, strict=True)]
    return frame.with_columns(pl.Series(CORRUPT, broken, pl.String)).to_arrow().to_batches()[0]


def _frame(batches: Iterable[pa.RecordBatch]) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(pa.Table.from_batches(list(batches)))).fill_null("")


def test_a_task_groups_as_a_file_is_grouped(
    source: Path, rules: Path, local: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    work = group_work(_job(source, rules), HEADER.split(","))
    assert_frame_equal(_frame(work([_as_spark_reads(source)])), local[0].fill_null(""))


def test_a_task_tells_the_problems_that_a_file_tells(
    source: Path, rules: Path, local: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    grouped, problems = local
    refused = grouped.filter(pl.col("status") == Status.INVALID.chinese)
    assert BROKEN in refused["reason"].to_list()
    columns = HEADER.split(",")
    cells = refused.select(
        *(pl.col("status_input" if c == "status" else c).alias(c) for c in columns),
        pl.col("reason").alias(CORRUPT),
    )
    work = problem_work(_job(source, rules), columns)
    assert_frame_equal(_frame(work(cells.to_arrow().to_batches())), problems.fill_null(""))


def test_a_task_converts_codes_as_a_file_is_converted(source: Path, rules: Path) -> None:
    output = source.with_name("converted.parquet")
    filed = load_filed_set(rules, "clinical-2.0")
    group_file(
        open_table(source),
        output,
        load_scheme(rules, SCHEME),
        LAYOUTS[InputFormat.OWN],
        codebook=load_codebook(rules),
        filed=filed,
    )
    job = replace(_job(source, rules), code_set="clinical-2.0")
    converted = _frame(group_work(job, HEADER.split(","))([_as_spark_reads(source)]))
    assert_frame_equal(converted, pl.read_parquet(output).fill_null(""))
    assert tuple(converted.columns[-len(job.added) :]) == job.added


def test_what_spark_cannot_do_is_told_together(source: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app,
        ["group", str(source), "--output", str(tmp_path / "o"), "--engine", "spark",
         "--against", SCHEME, "--problems", str(tmp_path / "p.csv")],
    )  # fmt: skip
    assert result.exit_code == 2
    assert "--against" in result.output
    assert "--problems" in result.output


@pytest.mark.skipif(HAS_SPARK, reason="pyspark is installed")
def test_without_pyspark_the_remedy_is_told(source: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["group", str(source), "--output", str(tmp_path / "o"), "--engine", "spark"]
    )
    assert result.exit_code == 2
    assert "zhibian[spark]" in result.output


@needs_spark
def test_the_job_writes_what_the_local_engine_writes(
    source: Path, rules: Path, tmp_path: Path, local: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    from zhibian.batch.spark import group_on_spark, session  # noqa: PLC0415

    job = SparkJob(str(source), str(tmp_path / "out"), rules, SCHEME, InputFormat.OWN, ("mdc",))
    report = group_on_spark(session("local[2]"), job)
    grouped, problems = local
    assert report.rows == len(grouped)
    assert report.problems == len(problems)
    found = pl.read_parquet(tmp_path / "out" / GROUPS / "**/*.parquet", hive_partitioning=True)
    found = found.with_columns(mdc=pl.col("mdc").replace({"__HIVE_DEFAULT_PARTITION__": ""}))
    kept = [*(c if c != "status" else "status_input" for c in HEADER.split(",")), *ADDED]
    assert_frame_equal(
        found.select(kept).fill_null("").sort("id"), grouped.fill_null("").sort("id")
    )
    told = pl.read_parquet(tmp_path / "out" / PROBLEMS / "*.parquet").fill_null("")
    assert_frame_equal(told.sort("id", "column"), problems.fill_null("").sort("id", "column"))

"""Grouping on a Spark cluster (Spark 分组): the columnar engine inside ``mapInArrow``.

Spark reads, distributes and writes; every task groups its batches as a file on one machine is
grouped, so that the groups are the same. Needs the extra ``spark`` and Java 17.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from zhibian.grouping.batches import ADDED, ADDED_CONVERTED, BROKEN, BatchGrouper, renamed
from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.pack import load_scheme
from zhibian.grouping.table_files import PARQUET, Batch, check_header, text_cells
from zhibian.grouping.types import Status
from zhibian.problems import InputError, Problem
from zhibian.terminology.crosswalk import load_filed_set

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

Work = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]

GROUPS = "groups"
PROBLEMS = "problems"
PROBLEM_COLUMNS = ("id", "column", "code", "message", "remedy", "value")
# Rows that go through Arrow at once; the columnar engine is flat from here on.
_BATCH_ROWS = 65_536
# Column in which Spark keeps a row whose cells do not fit the header.
CORRUPT = "_zhibian_corrupt"


@dataclass(frozen=True, slots=True)
class SparkJob:
    """What is grouped and where to (Spark 任务).

    Attributes
    ----------
    source
        CSV or parquet that Spark can read: a file, a folder, or an address such as ``hdfs://``.
        Every machine must be able to read it.
    output
        Folder to write: ``groups`` (parquet, all input columns and the added ones) and
        ``problems`` (parquet, one row for everything wrong with a row).
    rules
        Folder of the rule data, at the same place on every machine.
    scheme
        Scheme as typed by users.
    input_format
        Layout of the columns.
    partition_by
        Columns that the groups are partitioned by, none for plain parquet.
    encoding
        Encoding of a CSV.
    code_set
        Edition that the codes are filed in, such as ``clinical-2.0``; None for the NHSA one.
    """

    source: str
    output: str
    rules: Path
    scheme: str
    input_format: InputFormat
    partition_by: tuple[str, ...] = ()
    encoding: str = "UTF-8"
    code_set: str | None = None

    @property
    def added(self) -> tuple[str, ...]:
        """Return the columns that the groups have besides those of the source."""
        return ADDED if self.code_set is None else (*ADDED, ADDED_CONVERTED)


@dataclass(frozen=True, slots=True)
class SparkReport:
    """What became of a table.

    Attributes
    ----------
    rows
        Number of rows.
    statuses
        Rows by status.
    problems
        Number of problems of single rows.
    """

    rows: int
    statuses: Counter[Status]
    problems: int


def session(master: str | None = None) -> SparkSession:
    """Return the Spark session: that of the cluster the program was submitted to, else a new one.

    Parameters
    ----------
    master
        Such as ``local[2]``; None leaves it to ``spark-submit`` or Spark's own configuration.

    Raises
    ------
    InputError
        pyspark is not installed, or Java can't be started.
    """
    if importlib.util.find_spec("pyspark") is None:
        problem = Problem(
            "--engine spark",
            "spark_missing",
            "没有安装 pyspark",
            "pip install 'zhibian[spark]'，并安装 Java 17（Debian：default-jre-headless）",
        )
        raise InputError("spark", [problem])
    from pyspark.errors import PySparkException  # noqa: PLC0415  (the extra may be absent)
    from pyspark.sql import SparkSession  # noqa: PLC0415

    # Workers would otherwise be started with whatever python3 is first on the path.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("zhibian").config(
        "spark.sql.execution.arrow.maxRecordsPerBatch", str(_BATCH_ROWS)
    )
    if master is not None:
        builder = builder.master(master)
        if master.startswith("local"):
            builder = builder.config("spark.ui.enabled", "false").config(
                "spark.driver.host", "127.0.0.1"
            )
    try:
        return builder.getOrCreate()
    except (PySparkException, OSError) as wrong:
        problem = Problem(
            "--engine spark", "spark_unavailable", "Spark 不能启动", "检查 Java 17 与 --master"
        )
        raise InputError("spark", [problem]) from wrong


def group_on_spark(spark: SparkSession, job: SparkJob) -> SparkReport:
    """Group a table on a cluster.

    Parameters
    ----------
    spark
        The session.
    job
        What is grouped and where to.

    Returns
    -------
    SparkReport
        Counts.

    Raises
    ------
    InputError
        The source can't be read, lacks columns, or the output can't be written.
    """
    from pyspark.errors import PySparkException  # noqa: PLC0415

    # An unknown scheme or code set is told here and not by a worker.
    load_scheme(job.rules, job.scheme)
    if job.code_set is not None:
        load_filed_set(job.rules, job.code_set)
    try:
        source = _read(spark, job)
        columns = [c for c in source.columns if c != CORRUPT]
        check_header(job.source, columns, LAYOUTS[job.input_format].columns)
        _check_partitions(job, columns)
        kept = renamed(columns, job.added)
        groups = source.mapInArrow(group_work(job, columns), _texts((*kept, *job.added)))
        written = groups.write.mode("error").option("compression", "zstd")
        if job.partition_by:
            written = written.partitionBy(*job.partition_by)
        written.parquet(f"{job.output}/{GROUPS}")
        result = spark.read.parquet(f"{job.output}/{GROUPS}")
        refused = result.where(result["status"] == Status.INVALID.chinese).select(
            *(result[k].cast("string").alias(c) for k, c in zip(kept, columns, strict=True)),
            result["reason"].alias(CORRUPT),
        )
        told = refused.mapInArrow(problem_work(job, columns), _texts(PROBLEM_COLUMNS))
        told.write.mode("error").parquet(f"{job.output}/{PROBLEMS}")
        return _report(spark, job)
    except PySparkException as wrong:
        problem = Problem(
            job.source,
            "spark_failed",
            f"Spark 未能完成（{wrong.getCondition() or type(wrong).__name__}）",
            "检查来源与输出路径；输出目录须不存在；各节点须能读到规则目录",
        )
        raise InputError(job.source, [problem]) from wrong


def _read(spark: SparkSession, job: SparkJob) -> DataFrame:
    if job.source.rstrip("/").endswith(PARQUET):
        return spark.read.parquet(job.source)
    options = {"header": "true", "encoding": job.encoding, "quote": '"', "escape": '"'}
    names = [c.strip() for c in spark.read.options(**options).csv(job.source).columns]
    rows = spark.read.options(**options, mode="PERMISSIVE", columnNameOfCorruptRecord=CORRUPT)
    return rows.csv(job.source, schema=_texts((*names, CORRUPT)))


def _check_partitions(job: SparkJob, columns: Sequence[str]) -> None:
    known = (*renamed(columns, job.added), *job.added)
    problems = [
        Problem("--partition-by", "column_missing", f"没有列 {c}", f"可用的列：{'、'.join(known)}")
        for c in job.partition_by
        if c not in known
    ]
    if problems:
        raise InputError(job.source, problems)


def _texts(columns: Sequence[str]) -> StructType:
    from pyspark.sql.types import StringType, StructField, StructType  # noqa: PLC0415

    return StructType([StructField(c, StringType()) for c in columns])


def group_work(job: SparkJob, columns: Sequence[str]) -> Work:
    """Return the work of a task: add the groups to its rows.

    Parameters
    ----------
    job
        What is grouped.
    columns
        Input columns; a batch may have :data:`CORRUPT` besides, not null for a broken row.
    """

    def work(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        grouper = _grouper(job)
        for found in batches:
            frame = pl.DataFrame(pl.from_arrow(found))
            whole = [True] * len(frame)
            if CORRUPT in frame.columns:
                whole = frame[CORRUPT].is_null().to_list()
            yield from _to_arrow(grouper.group(_batch(frame, columns, whole)).rows)

    return work


def problem_work(job: SparkJob, columns: Sequence[str]) -> Work:
    """Return the work of a task: tell everything that is wrong with rows that were refused.

    Parameters
    ----------
    job
        What is grouped.
    columns
        Input columns; :data:`CORRUPT` holds the reason of each row.
    """

    def work(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        grouper = _grouper(job)
        for found in batches:
            frame = pl.DataFrame(pl.from_arrow(found))
            batch = _batch(frame, columns, (frame[CORRUPT] != BROKEN).to_list())
            ids = batch.cells.to_series(0)
            rows = [
                (ids[row], p.field, p.code, p.message, p.remedy, p.value or "")
                for row, p in grouper.group(batch).problems
            ]
            schema = dict.fromkeys(PROBLEM_COLUMNS, pl.String)
            yield from _to_arrow(pl.DataFrame(rows, schema=schema, orient="row"))

    return work


def _grouper(job: SparkJob) -> BatchGrouper:
    # Compiled rules do not travel between machines; every task loads them once.
    pack = load_scheme(job.rules, job.scheme)
    filed = load_filed_set(job.rules, job.code_set) if job.code_set else None
    return BatchGrouper(pack, LAYOUTS[job.input_format], load_codebook(job.rules), filed=filed)


def _batch(frame: pl.DataFrame, columns: Sequence[str], whole: list[bool]) -> Batch:
    cells = text_cells(frame.select(columns))
    return Batch(cells, list(range(len(cells))), whole)


def _to_arrow(frame: pl.DataFrame) -> Iterator[pa.RecordBatch]:
    # Spark knows plain strings only, not the string views that polars hands over by default.
    yield from frame.to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches()


def _report(spark: SparkSession, job: SparkJob) -> SparkReport:
    counts = spark.read.parquet(f"{job.output}/{GROUPS}").groupBy("status").count().collect()
    by_word = {s.chinese: s for s in Status}
    statuses = Counter({by_word[row["status"]]: int(row["count"]) for row in counts})
    problems = spark.read.parquet(f"{job.output}/{PROBLEMS}").count()
    return SparkReport(statuses.total(), statuses, problems)

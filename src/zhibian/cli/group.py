"""``zhibian group``: group a table of front pages (整表分组)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from zhibian.batch.spark import (
    GROUPS,
    PROBLEMS,
    SparkJob,
    SparkReport,
    group_on_spark,
    session,
)
from zhibian.cli.outputs import (
    OutputFile,
    OutputFolder,
    Source,
    check_outputs,
    workbook_problems,
)
from zhibian.cli.progress import progress
from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.compare import compare
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.pack import load_scheme
from zhibian.grouping.table import TableReport, group_file
from zhibian.grouping.table_files import open_table
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings
from zhibian.terminology.crosswalk import load_filed_set

_SHOWN_PROBLEMS = 50
# Below this many rows the rate is that of starting up.
_WORTH_TIMING = 10_000


class Engine(StrEnum):
    """Where a table is grouped."""

    LOCAL = "local"
    SPARK = "spark"


def group(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    table: Annotated[
        str, typer.Argument(help="病案首页表格（CSV，UTF-8 或 GB18030；或 parquet）。")
    ],
    output: Annotated[
        str, typer.Option("--output", help="结果文件：名为 .parquet 写 parquet，其余写 CSV。")
    ],
    scheme: Annotated[str | None, typer.Option("--scheme", help="分组方案标识。")] = None,
    input_format: Annotated[
        InputFormat, typer.Option("--input-format", help="列布局：own 自有列，opendrg 十列。")
    ] = InputFormat.OWN,
    against: Annotated[
        str | None, typer.Option("--against", help="同时按另一方案分组，按原因列出差异。")
    ] = None,
    code_set: Annotated[
        str | None,
        typer.Option("--code-set", help="首页的编码版本，如 clinical-2.0；缺省为医保版 2.0。"),
    ] = None,
    problems: Annotated[
        Path | None, typer.Option("--problems", help="把逐行的输入问题另写成 CSV。")
    ] = None,
    engine: Annotated[
        Engine, typer.Option("--engine", help="local 本机；spark 集群，--output 为目录。")
    ] = Engine.LOCAL,
    master: Annotated[
        str | None, typer.Option("--master", help="Spark 主节点，如 local[2]；缺省按提交时的配置。")
    ] = None,
    partition_by: Annotated[
        list[str] | None, typer.Option("--partition-by", help="Spark 结果按列分区，可多次。")
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", help="规则目录；缺省为 ZHIBIAN_RULES 或随软件提供的规则。"),
    ] = None,
) -> None:
    """对整张表分组：保留全部原列，增加 status、mdc、adrg、drg、reason。

    自有列：id,sex,age,age_days,weight,principal,others,procedures；多个编码以 | , 或 ; 分隔，
    主要手术操作在首位；地方方案另用 days,discharge_way,department,icu_hours。原表已有同名结果列时，
    原列改名为 status_input 等。--engine spark 在 --output 目录下写 groups 与 problems。
    --code-set 先按公开映射转为医保版，conversions 列列出转换；不能唯一转换的行为输入错误。
    """
    settings = Settings()
    folder = rules or settings.rules
    wanted = scheme or settings.scheme
    try:
        if engine is Engine.SPARK:
            _check_spark(table, output, against, problems)
            job = SparkJob(
                table,
                output,
                folder.resolve(),
                wanted,
                input_format,
                tuple(partition_by or ()),
                _encoding(table),
                code_set,
            )
            _print_spark_report(group_on_spark(session(master), job), wanted, output)
            return
        source, target = Path(table), Path(output)
        check_outputs(
            "group",
            [Source("TABLE", source)],
            [OutputFile("--output", target), OutputFile("--problems", problems)],
            workbook_problems("--output", target),
        )
        pack = load_scheme(folder, wanted)
        comparison = compare(folder, pack, load_scheme(folder, against)) if against else None
        opened = open_table(source)
        with progress("分组", opened.rows) as step:
            report = group_file(
                opened,
                target,
                pack,
                LAYOUTS[input_format],
                codebook=load_codebook(folder),
                comparison=comparison,
                filed=load_filed_set(folder, code_set) if code_set else None,
                problems=problems,
                progress=step,
            )
    except InputError as error:
        _print_problems(error.problems)
        raise typer.Exit(2) from None
    _print_report(report, pack.scheme, against)


def _check_spark(table: str, output: str, against: str | None, problems: Path | None) -> None:
    """Refuse options that only the local engine has, and outputs within the table.

    Raises
    ------
    InputError
        All of them.
    """
    given = {"--against": against is not None, "--problems": problems is not None}
    wrong = [
        Problem(name, "option_unknown", "spark 不支持该选项", "去掉该选项，或用 --engine local")
        for name, used in given.items()
        if used
    ]
    # Of places on a cluster, which need not begin with hdfs://, only Spark itself knows.
    here = Path(table).exists() and "://" not in output
    check_outputs(
        "spark",
        [Source("TABLE", Path(table), deep=True)] if here else [],
        [OutputFolder("--output", Path(output, name)) for name in (GROUPS, PROBLEMS)]
        if here
        else [],
        wrong,
    )


def _encoding(table: str) -> str:
    """Return the encoding of a table on this machine; of one elsewhere nothing is known."""
    path = Path(table)
    return "GB18030" if path.is_file() and open_table(path).encoding == "gb18030" else "UTF-8"


def _print_spark_report(report: SparkReport, scheme: str, output: str) -> None:
    screen = Console(highlight=False, soft_wrap=True)
    counts = "，".join(f"{s.chinese} {n:,}" for s, n in report.statuses.most_common())
    screen.print(f"方案 {scheme}：共 {report.rows:,} 例，{counts or '无数据行'}")
    screen.print(f"结果 {output}/groups；输入问题 {report.problems:,} 条，见 {output}/problems")


def _print_report(report: TableReport, scheme: str, against: str | None) -> None:
    screen = Console(highlight=False, soft_wrap=True)
    _print_problems(report.problems[:_SHOWN_PROBLEMS])
    if report.problem_count > _SHOWN_PROBLEMS:
        left = report.problem_count - _SHOWN_PROBLEMS
        screen.print(f"另有 {left:,} 个输入问题，见结果表的 reason 列")
    counts = "，".join(f"{s.chinese} {n:,}" for s, n in report.statuses.most_common())
    screen.print(f"方案 {scheme}：共 {report.rows:,} 例，{counts or '无数据行'}")
    if report.rows >= _WORTH_TIMING:
        rate = report.rows / report.engine_seconds
        screen.print(f"分组引擎用时 {report.engine_seconds:.2f} 秒，每秒 {rate:,.0f} 例")
    for reason, n in report.reasons.most_common():
        screen.print(f"  {reason.value} {n:,}：{reason.chinese}。处理：{reason.remedy}")
    if against is not None:
        _print_differences(screen, report, scheme, against)


def _print_differences(screen: Console, report: TableReport, scheme: str, against: str) -> None:
    total = report.differences.total()
    screen.print(f"与方案 {against} 不同：{total:,} 例（共 {report.rows:,} 例）")
    if not total:
        return
    table = Table("原因", "例数", "占全部 %")
    for reason, n in report.differences.most_common():
        table.add_row(reason, f"{n:,}", f"{100 * n / report.rows:.2f}")
    screen.print(table)


def _print_problems(problems: Sequence[Problem]) -> None:
    screen = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    for problem in problems:
        screen.print(problem.render())

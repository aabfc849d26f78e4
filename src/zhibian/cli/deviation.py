"""``zhibian deviation``: filed against proposed coding, settled side by side (支付偏差)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from zhibian.cli.common import RulesOption, refuse
from zhibian.cli.outputs import OutputFile, Source, check_outputs
from zhibian.cli.progress import progress
from zhibian.cli.settle import XLSX, tell_rows
from zhibian.cli.settlement_options import (
    CaseFormat,
    CityMeanOption,
    CoefficientOption,
    FormatOption,
    RateOption,
    SchemeOption,
    SettlementOption,
    TariffOption,
    Terms,
    VariantOption,
    case_batches,
    load_book,
)
from zhibian.grouping.batches import BatchGrouper, RowProblem
from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.pack import load_scheme
from zhibian.grouping.table_files import open_table
from zhibian.payment.compared_file import ComparedTable, compare, read_proposals
from zhibian.payment.deviation_sheets import deviation_sheets, totals
from zhibian.payment.paid_deviation import STATEMENT
from zhibian.payment.settlement.prices import PriceBook
from zhibian.problems import InputError, Problem
from zhibian.review.proposals import read_reports
from zhibian.settings import Settings
from zhibian.sheets import write_workbook


def deviation(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    filed: Annotated[Path, typer.Argument(help="填报的病例表：自有列，或病案首页文件。")],
    proposed: Annotated[
        Path,
        typer.Argument(help="建议编码：改过的表（id 与编码列），或 zhibian code 的结果文件夹。"),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="结果工作簿（.xlsx）。")],
    input_format: FormatOption = CaseFormat.OWN,
    scheme: SchemeOption = None,
    tariff: TariffOption = None,
    variant: VariantOption = None,
    settlement: SettlementOption = None,
    coefficient: CoefficientOption = None,
    rate: RateOption = None,
    city_mean: CityMeanOption = None,
    rules: RulesOption = None,
) -> None:
    """比较填报与建议编码的病组、类型、权重与应付，两侧各自重新判定倍率，正负两个方向同时列出。

    住院天数、费用、科室等取自填报表，建议表按 id 提供编码与 confidence（置信度，可无）。
    按科室、医师、病组、大类、机构汇总，附 95% 自助法区间。
    """
    settings = Settings()
    folder = rules or settings.rules
    try:
        check_outputs(
            "deviation",
            [Source("FILED", filed), Source("PROPOSED", proposed, (".json",))],
            [OutputFile("--output", output, (XLSX,))],
        )
        pack = load_scheme(folder, scheme or settings.scheme)
        terms = Terms(settlement, coefficient, rate, city_mean)
        book = load_book(folder, pack, tariff or settings.tariff, terms)
        grouper = BatchGrouper(pack, LAYOUTS[InputFormat.OWN], load_codebook(folder))
        proposals, unread = _proposals(proposed)
        batches = list(case_batches(filed, input_format, folder, unread))
        rows = sum(len(batch.numbers) for batch in batches)
        with progress("比较", 2 * rows) as step:
            compared = compare(
                batches,
                proposals,
                grouper,
                LAYOUTS[InputFormat.OWN],
                book,
                variant=variant,
                progress=step,
            )
        compared = replace(compared, problems=[*unread, *compared.problems])
        write_workbook(output, deviation_sheets(compared, book.rules, pack.names()))
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    except OSError:
        problem = Problem(output.name, "unwritable", "结果不能写入", "检查输出路径与权限")
        raise refuse([problem]) from None
    tell_rows(compared.problems)
    _print(compared, len(proposals), book)


def _proposals(source: Path) -> tuple[pl.DataFrame, list[RowProblem]]:
    if source.is_dir():
        return read_reports(source), []
    return read_proposals(open_table(source))


def _print(compared: ComparedTable, proposals: int, book: PriceBook) -> None:
    screen = Console(highlight=False, soft_wrap=True)
    row = totals(compared.cases, "").row(0, named=True)
    screen.print(f"支付标准 {book.tariff.id}，结算规则 {book.rules.id} {book.rules.title}")
    screen.print(
        f"填报 {len(compared.filed.cases):,} 例，建议 {proposals:,} 例，比较 {row['cases']:,} 例，"
        f"其中两侧均有应付 {row['compared']:,} 例"
    )
    if compared.unfiled:
        screen.print(f"建议中 {compared.unfiled:,} 例不在填报表中，未比较")
    table = Table("方向", "例数", "差额（元）")
    table.add_row("疑似漏编（建议权重较高）", f"{row['up']:,}", f"{row['up_yuan']:+,.2f}")
    table.add_row("疑似高编（建议权重较低）", f"{row['down']:,}", f"{row['down_yuan']:+,.2f}")
    table.add_row("净差额", f"{row['up'] + row['down']:,}", f"{row['net']:+,.2f}")
    screen.print(table)
    if row["mean"] is not None:
        screen.print(
            f"例均差额 {row['mean']:+,.2f} 元"
            f"（95% 区间 {row['mean_low']:+,.2f} 至 {row['mean_high']:+,.2f}）"
        )
    if row["cmi_diff"] is not None:
        screen.print(
            f"CMI 填报 {row['cmi_filed']:.4f}，建议 {row['cmi_proposed']:.4f}，"
            f"差 {row['cmi_diff']:+.4f}（95% 区间 {row['cmi_low']:+.4f} 至 {row['cmi_high']:+.4f}）"
        )
    screen.print(f"{STATEMENT}；差异须以病历为据，由编码员确认")

"""``zhibian settle``: what each case of a table is paid (结算测算)."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from zhibian.cli.common import RulesOption, refuse, tell
from zhibian.cli.outputs import OutputFile, Source, check_outputs, workbook_problems
from zhibian.cli.progress import progress
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
from zhibian.grouping.batches import BatchGrouper, RowProblem, renamed
from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.pack import RulePack, load_scheme
from zhibian.grouping.table_files import writer_for
from zhibian.payment.settlement.file import SettledTable, settle_batches
from zhibian.payment.settlement.prices import PriceBook
from zhibian.payment.settlement.rules import (
    SettlementRules,
)
from zhibian.payment.settlement.types import Kind
from zhibian.payment.settlement_sheets import settled_columns, settlement_sheets
from zhibian.payment.totals import balance_by
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings
from zhibian.sheets import write_workbook
from zhibian.whole_file import whole_file

XLSX = ".xlsx"
_SHOWN_PROBLEMS = 20
_GREAT_SUM = 10**9


def settle(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    table: Annotated[Path, typer.Argument(help="病例表：自有列，或病案首页文件。")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="结果：.xlsx 工作簿，.parquet，其余为 CSV。")
    ],
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
    """对整张表分组并测算结算：类型、倍率、应付、盈亏，以及按病组、科室、大类的汇总。

    在 zhibian group 的自有列之外读取 cost（总费用，元）、days、day_surgery、bed_day、review、
    hospital_level、insurance、variant、department、physician、institution，以及 deductible、copay、
    self_paid、prior_paid；都可以没有，没有费用的病例说明原因而不计算。整张表视为一个结算期，
    高倍率与特例单议的数量上限按它计算。
    """
    settings = Settings()
    folder = rules or settings.rules
    try:
        check_outputs(
            "settle",
            [Source("TABLE", table)],
            [OutputFile("--output", output)],
            workbook_problems("--output", output, written=(XLSX,)),
        )
        pack = load_scheme(folder, scheme or settings.scheme)
        terms = Terms(settlement, coefficient, rate, city_mean)
        book = load_book(folder, pack, tariff or settings.tariff, terms)
        grouper = BatchGrouper(pack, LAYOUTS[InputFormat.OWN], load_codebook(folder))
        unread: list[RowProblem] = []
        batches = case_batches(table, input_format, folder, unread)
        with progress("结算", lines_of(table)) as step:
            settled = settle_batches(
                batches, grouper, LAYOUTS[InputFormat.OWN], book, variant, progress=step
            )
        settled = replace(settled, problems=[*unread, *settled.problems])
        _write(settled, output, book, pack)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    except OSError:
        problem = Problem(output.name, "unwritable", "结果不能写入", "检查输出路径与权限")
        raise refuse([problem]) from None
    tell_rows(settled.problems)
    _print(settled, book, pack)


def lines_of(path: Path) -> int:
    """Return about how many rows a file has, for a progress bar."""
    if not path.is_file() or path.suffix in {XLSX, ".parquet"}:
        return 1
    with path.open("rb") as source:
        return sum(block.count(b"\n") for block in iter(lambda: source.read(1 << 20), b""))


def _write(settled: SettledTable, output: Path, book: PriceBook, pack: RulePack) -> None:
    if output.suffix.lower() == XLSX:
        write_workbook(output, settlement_sheets(settled, book.rules, pack.names()))
        return
    added = settled_columns(settled.cases)
    names = renamed(settled.rows.columns, added.columns)
    rows = settled.rows.rename(dict(zip(settled.rows.columns, names, strict=True)))
    with whole_file(output) as part, closing(writer_for(part, output.suffix)) as writer:
        writer.write(rows.hstack(added))


def tell_rows(problems: list[RowProblem]) -> None:
    """Print what is wrong with single rows, the first of them."""
    tell(
        [
            Problem(f"第 {row} 行，{p.field} 列", p.code, p.message, p.remedy, p.value, p.severity)
            for row, p in problems[:_SHOWN_PROBLEMS]
        ]
    )
    if len(problems) > _SHOWN_PROBLEMS:
        left = len(problems) - _SHOWN_PROBLEMS
        Console(stderr=True, highlight=False).print(f"另有 {left:,} 个输入问题，见结果")


def shown_money(fen: int | None) -> str:
    """Return fen as yuan for a screen, a dash for what is unknown; great sums without decimals."""
    if fen is None:
        return "—"
    return f"{fen / 100:,.0f}" if abs(fen) >= _GREAT_SUM else f"{fen / 100:,.2f}"


def _print(settled: SettledTable, book: PriceBook, pack: RulePack) -> None:
    screen = Console(highlight=False, soft_wrap=True)
    rules = book.rules
    screen.print(
        f"方案 {pack.scheme}，支付标准 {book.tariff.id}，结算规则 {rules.id} {rules.title}"
    )
    table = Table("类型", "例数", "总费用（元）", "应付（元）", "盈亏（元）")
    named = settled.cases.with_columns(kind_name=settled_columns(settled.cases)["settle_kind"])
    total = balance_by(named, "")
    for row in pl.concat([balance_by(named, "kind_name"), total]).iter_rows(named=True):
        amounts = (row["cost_fen"], row["amount_fen"], row["balance_fen"])
        table.add_row(row["key"], f"{row['cases']:,}", *map(shown_money, amounts))
    screen.print(table)
    left = total["cases"][0] - total["settled"][0]
    if left:
        screen.print(f"未计算 {left:,} 例，原因见结果；金额只合计已测算的病例")
    _print_quota(screen, settled, rules)
    screen.print("分组与支付为测算结果，以医保结算为准")


def _print_quota(screen: Console, settled: SettledTable, rules: SettlementRules) -> None:
    """Tell of high outliers that the quota of the period left out."""
    quota = rules.high.quota
    beyond = (settled.cases["kind"].cast(pl.String) == Kind.HIGH_BEYOND.value).sum()
    if quota is not None and beyond:
        screen.print(
            f"高倍率额度为出院人次的 {quota.share:%}（本表 {len(settled.cases):,} 例），"
            f"超出额度 {beyond:,} 例按额度外办法测算"
        )

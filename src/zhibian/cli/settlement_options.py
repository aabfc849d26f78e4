"""Options of the commands that settle (结算命令的公用选项), and what they load."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from zhibian.grouping.batches import RowProblem
from zhibian.grouping.pack import RulePack
from zhibian.grouping.table_files import Batch, open_table
from zhibian.payment.settlement.file import own_batches
from zhibian.payment.settlement.page_batches import page_batches
from zhibian.payment.settlement.prices import PriceBook
from zhibian.payment.settlement.sets import load_settlement_rules, with_city_mean
from zhibian.payment.tariff import Tariff
from zhibian.payment.tariff_files import load_tariff
from zhibian.problems import InputError, Problem
from zhibian.records.front_page.catalogue import load_catalogue
from zhibian.records.front_page.reader import open_pages

_GREATEST_COEFFICIENT = 10
_GREATEST_RATE = 1_000_000

TariffOption = Annotated[str | None, typer.Option("--tariff", help="支付标准，如 linyi-2022。")]
SchemeOption = Annotated[str | None, typer.Option("--scheme", help="分组方案标识。")]
VariantOption = Annotated[
    str | None, typer.Option("--variant", help="表中未写医院级别与险种时的类别，如 三级职工。")
]
SettlementOption = Annotated[
    str | None,
    typer.Option("--settlement", help="结算规则，如 dazhou；缺省为该支付标准的规则或全国缺省。"),
]
CoefficientOption = Annotated[
    str | None, typer.Option("--coefficient", help="本机构系数 k，代替支付标准的系数。")
]
RateOption = Annotated[
    str | None,
    typer.Option("--rate", help="费率或点值（元），代替公布的；只公布权重或点数的支付标准须给出。"),
]
CityMeanOption = Annotated[
    str | None, typer.Option("--city-mean", help="全市次均费用（元），点数法的倍率与控费系数用。")
]


class CaseFormat(StrEnum):
    """What a table of cases is."""

    OWN = "own"
    PAGES = "pages"


FormatOption = Annotated[
    CaseFormat,
    typer.Option(
        "--input-format",
        help="own 自有列；pages 病案首页（HQMS、旧编号、4101 清单、病例 JSON，布局自动识别）。",
    ),
]


def case_batches(
    path: Path, form: CaseFormat, rules: Path, problems: list[RowProblem]
) -> Iterator[Batch]:
    """Yield the cases of a file, in the own layout.

    Parameters
    ----------
    path
        The file.
    form
        What it is.
    rules
        Folder of the rule data.
    problems
        Takes what is wrong with single front pages.

    Raises
    ------
    InputError
        The file can't be read or fits no layout.
    """
    if form is CaseFormat.OWN:
        return own_batches(open_table(path))
    return page_batches(open_pages(path, load_catalogue(rules)).chunks, problems)


class Terms(NamedTuple):
    """What a user may set of a settlement, as written; None for what the rules say.

    Attributes
    ----------
    settlement
        Id of a named rule set.
    coefficient, rate, city_mean
        Numbers above zero.
    """

    settlement: str | None = None
    coefficient: str | None = None
    rate: str | None = None
    city_mean: str | None = None


def load_book(rules: Path, pack: RulePack, tariff: str, terms: Terms) -> PriceBook:
    """Load tariff and settlement rules for a scheme.

    Raises
    ------
    InputError
        Whatever is unknown or damaged, a tariff of another scheme, numbers that are none.
    """
    problems: list[Problem] = []
    mean = _positive("--city-mean", terms.city_mean, _GREATEST_RATE, problems)
    coefficient = _positive("--coefficient", terms.coefficient, _GREATEST_COEFFICIENT, problems)
    rate = _positive("--rate", terms.rate, _GREATEST_RATE, problems)
    try:
        prices = _tariff_of(rules, pack, tariff)
        told = load_settlement_rules(rules, tariff, terms.settlement)
    except InputError as error:
        raise InputError(error.source, [*error.problems, *problems]) from None
    if problems:
        raise InputError("命令选项", problems)
    return PriceBook(
        prices, told if mean is None else with_city_mean(told, mean), coefficient, rate
    )


def _tariff_of(rules: Path, pack: RulePack, tariff: str) -> Tariff:
    prices = load_tariff(rules, tariff)
    own = pack.scheme.partition("@")[0]
    if prices.scheme != own:
        message = f"支付标准 {tariff} 适用于分组方案 {prices.scheme}，不适用于 {own}"
        remedy = "用 --scheme 或 --tariff 选择相配的一对"
        raise InputError(tariff, [Problem("tariff", "tariff_scheme_differs", message, remedy)])
    return prices


def _positive(
    option: str, text: str | None, greatest: int, problems: list[Problem]
) -> Decimal | None:
    """Read a number above zero; beyond the greatest it is a misprint, told in the problems."""
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(0)
    if not (number.is_finite() and 0 < number <= greatest):
        message = f"应为大于 0、不超过 {greatest} 的数"
        problems.append(Problem(option, "number_invalid", message, "改正后重新运行"))
        return None
    return number

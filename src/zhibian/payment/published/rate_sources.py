"""Where the rate of each variant comes from (费率的来源).

A column of the table; the published amounts; or another public compilation, and that only
where its neighbouring rate equals one that the table itself has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

from zhibian.payment.published.rates import Observation, find_rate
from zhibian.payment.published.recipe import FROM_AMOUNTS, Recipe, ToldRate
from zhibian.payment.published.source_table import REMEDY, SourceRow
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_text

_FLOAT_DIGITS = 9


class RateSource(NamedTuple):
    """The rate of a variant (费率及来源).

    Attributes
    ----------
    rate
        Yuan per unit of weight, or per point.
    origin
        ``column``, ``amounts`` or ``compilation``.
    reproduces
        Amounts that the rate reproduces within rounding, of how many; empty without amounts.
    """

    rate: Decimal
    origin: Literal["column", "amounts", "compilation"]
    reproduces: str = ""


def other_rates(facts: Path, recipe: Recipe) -> Any:
    """Return the rates of the other compilation as text, nested as there; empty without one.

    Raises
    ------
    InputError
        The file has no such entry.
    """
    if recipe.other_rates is None:
        return {}
    text = read_text(facts / recipe.other_rates.file, REMEDY)
    told = json.loads(text, parse_float=str, parse_int=str)
    try:
        for key in recipe.other_rates.path:
            told = told[key]
    except KeyError:
        path = " / ".join(recipe.other_rates.path)
        problem = Problem(recipe.other_rates.file, "rate_missing", f"没有 {path}", REMEDY)
        raise InputError(recipe.id, [problem]) from None
    return told


def rate_sources(rows: Sequence[SourceRow], recipe: Recipe, told: Any) -> dict[str, RateSource]:
    """Return the rate of each variant that has one.

    Parameters
    ----------
    rows
        Rows of the published table.
    recipe
        Where each variant's rate comes from.
    told
        Rates of the other compilation.

    Raises
    ------
    InputError
        A column has several rates, there are no amounts, or a rate of the compilation is not
        confirmed; all problems at once.
    """
    found: dict[str, RateSource] = {}
    problems: list[Problem] = []
    for id, variant in recipe.variants.items():
        if variant.rate is None or isinstance(variant.rate, ToldRate):
            continue
        if variant.rate == FROM_AMOUNTS:
            source = _from_amounts(id, rows, recipe)
            message = "没有可算出费率的金额"
        else:
            source = _from_column(id, rows)
            message = f"列 {variant.rate} 应只有一个数"
        if source is None:
            problems.append(_problem(recipe, id, "rate_not_constant", message))
        else:
            found[id] = source
    for id, variant in recipe.variants.items():
        if isinstance(variant.rate, ToldRate):
            if _confirmed(variant.rate, told, found):
                found[id] = RateSource(Decimal(told[variant.rate.told]), "compilation")
            else:
                message = "汇总中相邻的费率与原表的不同，不能采用"
                problems.append(_problem(recipe, id, "rate_not_confirmed", message))
    if problems:
        raise InputError(recipe.id, problems)
    return found


def _from_column(id: str, rows: Sequence[SourceRow]) -> RateSource | None:
    rates = {Decimal(row.rates[id]) for row in rows if row.rates.get(id)}
    return RateSource(rates.pop(), "column") if len(rates) == 1 else None


def _from_amounts(id: str, rows: Sequence[SourceRow], recipe: Recipe) -> RateSource | None:
    seen = [found for row in rows if (found := _observation(id, row, recipe))]
    rate = find_rate(seen)
    return rate and RateSource(rate.rate, "amounts", f"{rate.agree}/{rate.of}")


def _observation(id: str, row: SourceRow, recipe: Recipe) -> Observation | None:
    """Return what a row tells about the rate; None where another variant's rate applies to it."""
    foreign = any(recipe.shared_rates.get(flag, id) != id for flag in row.flags)
    coefficient = row.coefficients.get(id) or _blank_coefficient(id, recipe)
    if foreign or not row.standards.get(id) or not row.weight or not coefficient:
        return None
    weight, k = Decimal(row.weight), Decimal(coefficient)
    rounding = max(Decimal(recipe.weight_rounding), _float_rounding(row.weight)) * k
    rounding += weight * _float_rounding(coefficient)
    return Observation(
        Decimal(row.standards[id]), weight * k, Decimal(recipe.amount_rounding), rounding
    )


def _blank_coefficient(id: str, recipe: Recipe) -> str:
    variant = recipe.variants[id]
    return variant.blank_coefficient or ("" if variant.coefficient else "1")


def _float_rounding(text: str) -> Decimal:
    """Return half a unit of the last digit of a number that fills a spreadsheet's cell, else 0."""
    number = Decimal(text)
    digits = number.as_tuple()
    if len(digits.digits) < _FLOAT_DIGITS:
        return Decimal(0)
    return Decimal(5).scaleb(int(digits.exponent) - 1)


def _confirmed(rate: ToldRate, told: Any, found: Mapping[str, RateSource]) -> bool:
    return bool(rate.beside) and all(
        variant in found and Decimal(told[key]) == found[variant].rate
        for key, variant in rate.beside.items()
    )


def _problem(recipe: Recipe, variant: str, code: str, message: str) -> Problem:
    return Problem(f"{recipe.source} {variant}", code, message, REMEDY)

"""Synthetic pages to spoil (待注错的合成首页): drawn, grouped and priced by table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from zhibian.evaluation.injection.effects import Grouped
from zhibian.evaluation.injection.errors import Neighbours, Page, neighbours_of
from zhibian.grouping.codebook import CodeBook, load_codebook
from zhibian.grouping.columnar import ColumnarPack, group_table
from zhibian.grouping.engine import severity
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.pack import RulePack, load_scheme
from zhibian.grouping.severity import Level
from zhibian.grouping.table_files import text_cells
from zhibian.payment.tariff import Tariff
from zhibian.payment.tariff_files import load_tariff
from zhibian.synthesis.draw import frames
from zhibian.synthesis.model import Request, build_model

_YEAR = (date(2025, 1, 1), date(2025, 12, 31))


@dataclass(frozen=True, slots=True)
class SyntheticPages:
    """Right pages, what could be written instead, and how they are grouped (合成首页)."""

    pages: tuple[Page, ...]
    around: Neighbours
    group: Callable[[Sequence[Page]], Grouped]


def synthetic_pages(
    rules: Path, *, cases: int, seed: int, scheme: str, tariff: str, variant: str | None
) -> SyntheticPages:
    """Draw pages of `zhibian synth` without spoilt rows.

    Parameters
    ----------
    rules
        Folder of the rule data.
    cases, seed
        Number of pages and seed.
    scheme, tariff, variant
        Under which they are drawn, grouped and priced.

    Raises
    ------
    InputError
        Scheme or tariff is unknown.
    """
    model = build_model(rules, Request(cases, seed, scheme, *_YEAR, imperfect=0.0))
    drawn = pl.concat(list(frames(model)))
    table, _ = LAYOUTS[InputFormat.OWN].columns_of(text_cells(drawn))
    pages = tuple(
        Page(principal, tuple(others), tuple(procedures))
        for principal, others, procedures in table.select(
            "principal", "others", "procedures"
        ).iter_rows()
    )
    pack, codebook = load_scheme(rules, scheme), load_codebook(rules)
    around = neighbours_of(
        pages,
        lambda code: _level(code, pack),
        sorted(codebook.diagnoses - codebook.grey_diagnoses),
        sorted(codebook.procedures),
    )
    return SyntheticPages(
        pages, around, _grouper(table, pack, codebook, load_tariff(rules, tariff), variant)
    )


def _level(code: str, pack: RulePack) -> Level:
    return severity(code, "", pack).level


def _grouper(
    table: pl.DataFrame, pack: RulePack, codebook: CodeBook, tariff: Tariff, variant: str | None
) -> Callable[[Sequence[Page]], Grouped]:
    ready = ColumnarPack(pack, codebook)

    def group(pages: Sequence[Page]) -> Grouped:
        found = group_table(
            table.with_columns(
                pl.Series("principal", [page.principal for page in pages], pl.String),
                pl.Series("others", [page.others for page in pages], pl.List(pl.String)),
                pl.Series("procedures", [page.procedures for page in pages], pl.List(pl.String)),
            ),
            ready,
        ).select(pl.col("mdc", "adrg", "drg").fill_null(""))
        groups = found["drg"].to_list()
        prices = {drg: tariff.standard(drg, variant) for drg in set(groups) if drg}
        weight = {drg: _number(price.weight) for drg, price in prices.items()}
        amount = {drg: _number(price.amount) for drg, price in prices.items()}
        return Grouped(
            mdc=_texts(found["mdc"]),
            adrg=_texts(found["adrg"]),
            drg=_texts(found["drg"]),
            weight=np.array([weight.get(drg, np.nan) for drg in groups]),
            amount=np.array([amount.get(drg, np.nan) for drg in groups]),
        )

    return group


def _texts(column: pl.Series) -> NDArray[np.str_]:
    return np.array(column.to_list(), dtype=np.str_)


def _number(value: object) -> float:
    return np.nan if value is None else float(str(value))

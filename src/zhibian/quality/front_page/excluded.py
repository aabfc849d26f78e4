"""Excluded cases (排除病例): cost or stay beyond limits, left out of the entry rate's denominator.

Source: ``rules/quality/excluded.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from zhibian.quality.front_page.book import RuleBook, folder_of
from zhibian.quality.front_page.page_conditions import PageConditions, read_conditions
from zhibian.records.front_page.types import ROW, PageTable
from zhibian.terminology.tables import read_yaml

FILE = "excluded.yaml"
_REMEDY = "改正 rules/quality/excluded.yaml"


@dataclass(frozen=True, slots=True)
class Excluded:
    """Excluded cases of a table (排除病例).

    Attributes
    ----------
    cases
        ``row`` and ``reasons`` (in Chinese, joined): one row an excluded case, however many limits
        it is beyond.
    counts
        Cases beyond each limit, by reason.
    """

    cases: pl.DataFrame
    counts: Mapping[str, int]


class ExcludedCases:
    """Finds excluded cases (排除病例筛查): made once.

    Parameters
    ----------
    rules
        Folder of the rule data.
    book
        The rule book, whose names the limits may use.

    Raises
    ------
    InputError
        A limit can't be read.
    """

    def __init__(self, rules: Path, book: RuleBook) -> None:
        limits = read_yaml(folder_of(rules) / FILE, _REMEDY)["limits"]
        self._reasons: Mapping[str, str] = {limit["id"]: limit["reason"] for limit in limits}
        conditions = read_conditions(FILE, {limit["id"]: limit["when"] for limit in limits}, book)
        self._conditions = PageConditions(conditions, book)

    def of(self, pages: PageTable, today: date) -> Excluded:
        """Return the excluded cases of a table; what is unknown excludes nothing."""
        beyond = self._conditions.hold(pages, today)
        said = [pl.when(id).then(pl.lit(why)) for id, why in self._reasons.items()]
        reasons = beyond.select(
            pl.concat_str(said, separator="；", ignore_nulls=True).alias("reasons")
        )
        cases = pl.concat([pages.cells.select(ROW), reasons], how="horizontal")
        return Excluded(
            cases.filter(pl.col("reasons") != ""),
            {why: int(beyond[id].sum()) for id, why in self._reasons.items()},
        )

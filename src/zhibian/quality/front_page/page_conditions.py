"""Conditions asked of pages outside the rules (首页条件): when items are due, what is left out.

They are written and read as those of quality rules, so that one language serves all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.book import Check, RuleBook
from zhibian.quality.front_page.compiler import compile_checks
from zhibian.quality.front_page.condition_reader import ConditionReader
from zhibian.quality.front_page.conditions import ALWAYS, Condition, Demand, Not
from zhibian.quality.front_page.prepared import Asked, Prepared
from zhibian.records.front_page.types import PageTable


def read_conditions(
    source: str, written: Mapping[str, object], book: RuleBook
) -> Mapping[str, Condition]:
    """Read named conditions.

    Parameters
    ----------
    source
        Name of the file, for problems.
    written
        Conditions as YAML has them, by name.
    book
        The rule book, whose fields, sets and computations they may name.

    Raises
    ------
    InputError
        Every mistake of every condition.
    """
    found: dict[str, Condition] = {}
    problems: list[Problem] = []
    for name, data in written.items():
        reader = ConditionReader(book.names)
        condition = reader.condition(f"{source} {name}", data)
        problems += reader.problems
        if condition is not None:
            found[name] = condition
    if problems:
        raise InputError(source, problems)
    return found


class PageConditions:
    """Conditions made ready for tables (首页条件): made once, asked of any number of tables.

    Parameters
    ----------
    conditions
        By name.
    book
        The rule book they were read with.
    """

    def __init__(self, conditions: Mapping[str, Condition], book: RuleBook) -> None:
        # A check is violated where its demand fails for certain: the condition turned round.
        checks = [
            Check(name, name, ALWAYS, (Demand("", ALWAYS, Not(condition)),), "", "", "", {})
            for name, condition in conditions.items()
        ]
        self._book = book
        self._program = compile_checks(book, checks)

    def hold(self, table: PageTable, today: date) -> pl.DataFrame:
        """Return where each condition holds for certain.

        Parameters
        ----------
        table
            The pages.
        today
            Day on which they are judged.

        Returns
        -------
        polars.DataFrame
            One Boolean column a condition, one row a page; what is unknown is false.
        """
        pages = Prepared(table, Asked(self._program, self._book, today))
        tests = {test.check.id: test.violated for test in self._program.pages}
        return pages.evaluated(tests).select(pl.all().fill_null(value=False))

"""Pages made ready to be judged (首页整备): every column that a test asks, made once.

Columns are made when they are first asked for, those of one kind together, and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from zhibian.quality.front_page.book import RuleBook
from zhibian.quality.front_page.compiler import Program
from zhibian.quality.front_page.computations import Resources
from zhibian.quality.front_page.masks import WordTable, joined
from zhibian.quality.front_page.page_fields import Domain, domain_of
from zhibian.quality.front_page.quantities import QUANTITIES, TODAY
from zhibian.records.front_page.types import PageTable
from zhibian.records.front_page.values import instant, number

_PAGE = "page"
_PLACE = "place"
# Columns that are expressions over the text of one field, and their kinds where it is absent.
_OF_CELLS: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    "": lambda cell: cell,
    "filled": lambda cell: cell.is_not_null(),
    "num": number,
    "time": instant,
}
_ABSENT: Mapping[str, pl.DataType] = {
    "filled": pl.Boolean(),
    "num": pl.Float64(),
    "time": pl.Datetime("us"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of pages, and with what.

    Attributes
    ----------
    program
        Compiled checks of the book.
    book
        The rule book, for fields, named computations and code sets.
    today
        Day on which the pages are judged.
    """

    program: Program
    book: RuleBook
    today: date


class Prepared:
    """Pages with every column that tests ask (整备后的首页).

    Parameters
    ----------
    table
        The pages.
    asked
        What is asked of them, and with what.
    grouped, priced
        Results of grouping and of pricing in the order of the pages; None where there are none.
    words
        Answers about codes and names of a larger table that the pages are part of.
    given
        Columns that are known already.
    first
        Place of the first page in the table that the pages are part of.
    """

    def __init__(
        self,
        table: PageTable,
        asked: Asked,
        *,
        grouped: pl.DataFrame | None = None,
        priced: pl.DataFrame | None = None,
        words: Mapping[Domain, WordTable] | None = None,
        given: Mapping[str, pl.Series] | None = None,
        first: int = 0,
    ) -> None:
        self._table = table
        self._cells = table.cells
        self._absent = table.absent
        self._asked = asked
        self._program = asked.program
        self._fields = asked.book.names.fields
        self._computations = asked.book.computations
        self._grouped = grouped
        self._priced = priced
        self._words = words if words is not None else ask(table, asked)
        self._columns: dict[str, pl.Series] = dict(given or {})
        self._entries: dict[str, pl.DataFrame] = {}
        self._ids: dict[tuple[str, str], NDArray[np.uint32]] = {}
        self.resources: Resources = asked.book.resources
        self.today = asked.today
        self.first = first

    def chunks(self, size: int) -> Iterator[Prepared]:
        """Return the pages in portions, which share the answers about codes and names.

        What depends on other pages is computed over all pages first.
        """
        if self.height <= size:
            yield self
            return
        shared = self.columns(
            f"check:{n}"
            for n, named in enumerate(self._program.computations)
            if self._computations[named.name].whole_table
        )
        for start in range(0, self.height, size):
            yield Prepared(
                replace(self._table, cells=self._cells.slice(start, size).rechunk()),
                self._asked,
                grouped=None if self._grouped is None else self._grouped.slice(start, size),
                priced=None if self._priced is None else self._priced.slice(start, size),
                words=self._words,
                given={c.name: c.slice(start, size) for c in shared.get_columns()},
                first=start,
            )

    @property
    def height(self) -> int:
        """Number of pages."""
        return self._cells.height

    def has(self, name: str) -> bool:
        """Tell whether the pages have a column for a field."""
        return name in self._cells.columns and name not in self._absent

    def text(self, name: str) -> pl.Series:
        """Return a field as filed; see :class:`computations.Pages`."""
        return self.columns([name])[name]

    def number(self, name: str) -> pl.Series:
        """Return a field as a number."""
        return self.columns([f"num:{name}"])[f"num:{name}"]

    def moment(self, name: str) -> pl.Series:
        """Return a field as a point in time."""
        return self.columns([f"time:{name}"])[f"time:{name}"]

    def quantity(self, name: str) -> pl.Series:
        """Return a derived quantity."""
        return self.columns([f"derived:{name}"])[f"derived:{name}"]

    def grouped(self, name: str) -> pl.Series:
        """Return a result of grouping."""
        return self.columns([f"group:{name}"])[f"group:{name}"]

    def priced(self, name: str) -> pl.Series:
        """Return a number of the tariff."""
        return self.columns([f"tariff:{name}"])[f"tariff:{name}"]

    def columns(self, names: Iterable[str]) -> pl.DataFrame:
        """Return columns of pages by the names that compiled tests use."""
        wanted = list(dict.fromkeys(names))
        self._make([n for n in wanted if n not in self._columns])
        found = {n: self._columns[n] for n in wanted}
        return pl.DataFrame(found) if found else pl.DataFrame(height=self.height)

    def _make(self, names: list[str]) -> None:
        cells: dict[str, pl.Expr] = {}
        over: dict[str, pl.Expr] = {}
        for name in names:
            kind, field, _ = _parts(name)
            if kind in _OF_CELLS:
                cells[name] = self._of_cells(kind, field)
            elif kind == "derived":
                over[name] = QUANTITIES[field].expression()
            elif kind == "page":
                over[name] = self._program.conditions[int(field)]
            elif name not in self._columns:
                self._columns[name] = self._one(kind, name)
        if cells:
            self._keep(evaluated(self._cells, cells))
        if over:
            self._keep(self.evaluated(over))

    def _keep(self, made: pl.DataFrame) -> None:
        self._columns.update({column.name: column for column in made.get_columns()})

    def _of_cells(self, kind: str, field: str) -> pl.Expr:
        """Return a column that is an expression over cells."""
        if field == TODAY:
            return pl.lit(datetime.combine(self.today, datetime.min.time()), pl.Datetime("us"))
        if not self.has(field):
            if not kind:
                return pl.lit(
                    None, pl.List(pl.String) if self._fields.is_list(field) else pl.String
                )
            return pl.lit(None, _ABSENT[kind])
        return _OF_CELLS[kind](pl.col(field))

    def evaluated(self, expressions: Mapping[str, pl.Expr]) -> pl.DataFrame:
        """Return expressions over columns of pages, one row a page."""
        roots = {r for e in expressions.values() for r in e.meta.root_names()}
        return evaluated(self.columns(roots), expressions)

    def _one(self, kind: str, name: str) -> pl.Series:
        """Return one column that is no expression over others."""
        makers: dict[str, Callable[[str], pl.Series]] = {
            "bits": self._bits,
            "tally": self._tally,
            "check": self._computed,
            "group": lambda name: self._outside(self._grouped, name, pl.String()),
            "tariff": lambda name: self._outside(self._priced, name, pl.Float64()),
        }
        return makers[kind](name.partition(":")[2])

    def _nulls(self, kind: pl.DataType) -> pl.Series:
        return pl.repeat(None, self.height, dtype=kind, eager=True)

    def _computed(self, number: str) -> pl.Series:
        named = self._program.computations[int(number)]
        found = self._computations[named.name].function(self, named.given)
        if not isinstance(found, pl.Series):
            raise TypeError(f"{named.name} gives places where a condition is asked")
        return found

    def _outside(self, frame: pl.DataFrame | None, name: str, kind: pl.DataType) -> pl.Series:
        if frame is None or name not in frame.columns:
            return self._nulls(kind)
        # Codes that count or are excluded come as lists and are for computations alone.
        return frame[name] if isinstance(frame[name].dtype, pl.List) else frame[name].cast(kind)

    def _bits(self, rest: str) -> pl.Series:
        name, _, word = rest.rpartition(":")
        if not self.has(name):
            return self._nulls(pl.UInt64())
        answers = self._words[domain_of(name)]
        if not self._fields.is_list(name):
            return answers.known(self._numbers("", name, self.text(name)), int(word))
        group = self._fields.group_of(name)
        entries = self.entries(group)
        bits = answers.of(self._numbers(group, name, entries[name]), int(word))
        return pl.Series(joined(bits, _pages(entries), self.height))

    def _numbers(self, group: str, name: str, texts: pl.Series) -> NDArray[np.uint32]:
        """Return the numbers of the texts of a field, of pages or of the entries of a group."""
        key = (group, name)
        if key not in self._ids:
            self._ids[key] = self._words[domain_of(name)].ids(texts)
        return self._ids[key]

    def _tally(self, rest: str) -> pl.Series:
        number, _, bound = rest.partition(":")
        group, where = self._program.tallies[int(number)]
        low = high = self._nulls(pl.Float64())
        if self.has_group(group):
            pages = _pages(self.entries(group))
            if where is None:
                low = high = self._counted(pages)
            else:
                meets = self.asked(group, {"meets": where})["meets"]
                low = self._counted(pages[meets.fill_null(value=False).to_numpy()])
                high = self._counted(pages[meets.fill_null(value=True).to_numpy()])
        self._columns[f"tally:{number}:low"] = low
        self._columns[f"tally:{number}:high"] = high
        return low if bound == "low" else high

    def _counted(self, pages: NDArray[np.intp]) -> pl.Series:
        return pl.Series(np.bincount(pages, minlength=self.height).astype(np.float64))

    def has_group(self, group: str) -> bool:
        """Tell whether the pages have columns for a repeated group."""
        return any(self.has(f) for f in self._fields.groups[group].columns)

    def entries(self, group: str) -> pl.DataFrame:
        """Return the entries of a repeated group; see :class:`computations.Pages`.

        Raises
        ------
        KeyError
            No group of that name, and no list column.
        """
        found = self._fields.group_named(group)
        if found is None:
            raise KeyError(group)
        if found.id not in self._entries:
            principal = found.principal
            self._entries[found.id] = (
                self._joined(principal) if principal else self._listed(found.id)
            )
        return self._entries[found.id]

    def _listed(self, group: str) -> pl.DataFrame:
        fields = self._fields.groups[group].fields
        there = [f for f in fields if self.has(f)]
        blank = [pl.lit(None, dtype=pl.String).alias(f) for f in fields if f not in there]
        if not there:
            schema = {_PAGE: pl.UInt32, _PLACE: pl.Int16, **dict.fromkeys(fields, pl.String)}
            return pl.DataFrame(schema=schema)
        lists = _even(self._cells.select(there)).with_row_index(_PAGE)
        length = pl.col(there[0]).list.len()
        numbered = lists.filter(length > 0).with_columns(
            pl.int_ranges(1, length + 1, dtype=pl.Int16).alias(_PLACE)
        )
        rows = numbered.explode([*there, _PLACE])
        filled = pl.any_horizontal(pl.col(f).is_not_null() for f in there)
        return rows.filter(filled).with_columns(blank).select(_PAGE, _PLACE, *fields)

    def _joined(self, principal: Mapping[str, str]) -> pl.DataFrame:
        """Return the principal entries, then those of the list."""
        first = self.columns(principal.values()).select(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias(_PAGE),
            pl.lit(0, dtype=pl.Int16).alias(_PLACE),
            *(pl.col(column).alias(field) for field, column in principal.items()),
        )
        first = first.filter(pl.any_horizontal(pl.col(f).is_not_null() for f in principal))
        return pl.concat([first, self.entries(self._fields.group_of(next(iter(principal))))])

    def asked(self, group: str, expressions: Mapping[str, pl.Expr]) -> pl.DataFrame:
        """Return expressions over the entries of a group, one row an entry."""
        entries = self.entries(group)
        fields = frozenset(self._fields.groups[group].fields)
        own: dict[str, pl.Expr] = {}
        bits: list[pl.Series] = []
        outside: list[str] = []
        for root in dict.fromkeys(r for e in expressions.values() for r in e.meta.root_names()):
            kind, name, word = _parts(root)
            if name not in fields:
                outside.append(root)
            elif kind == "bits":
                numbers = self._numbers(group, name, entries[name])
                known = self._words[domain_of(name)].known(numbers, int(word))
                bits.append(known.alias(root))
            else:
                own[root] = self._of_entries(group, kind, name)
        frame = self.columns(outside)[entries[_PAGE]] if outside else pl.DataFrame()
        columns = [*frame.get_columns(), *bits, *entries.get_columns()]
        return evaluated(pl.DataFrame(columns).with_columns(**own), expressions)

    def _of_entries(self, group: str, kind: str, name: str) -> pl.Expr:
        """Return a column of entries that is an expression over their texts."""
        principal = self._fields.groups[group].principal.get(name, "")
        there = self.has(name) or self.has(principal)
        return _OF_CELLS[kind](pl.col(name)) if there or not kind else pl.lit(None, _ABSENT[kind])


def ask(table: PageTable, asked: Asked) -> Mapping[Domain, WordTable]:
    """Ask every different code and name of a table all questions.

    Returns
    -------
    Mapping
        Answers by kind of text.
    """
    columns: dict[Domain, list[pl.Series]] = {domain: [] for domain in get_args(Domain)}
    # A question about the entries of a list is asked of the principal entry too.
    fronts = (asked.book.names.fields.principal_of(f) for f in asked.program.questions.fields)
    for name in {*asked.program.questions.fields, *fronts}:
        if name in table.cells.columns and name not in table.absent:
            columns[domain_of(name)].append(table.cells[name])
    return {d: answers.table(columns[d]) for d, answers in asked.program.answers.items()}


def evaluated(frame: pl.DataFrame, expressions: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Return expressions over a frame as columns, constants as long as the frame."""
    made = frame.with_columns(**expressions)
    return pl.DataFrame([made.get_column(name) for name in expressions])


def _even(lists: pl.DataFrame) -> pl.DataFrame:
    """Return lists that are as long as the longest of their row, blanks at the end."""
    lengths = lists.select(pl.all().list.len().fill_null(0))
    longest = lengths.select(pl.max_horizontal(pl.all())).to_series()
    short = [c.name for c in lengths.get_columns() if (c != longest).any()]
    places = pl.int_ranges(0, pl.lit(longest))
    return lists.with_columns(
        pl.col(name).fill_null([]).list.gather(places, null_on_oob=True) for name in short
    )


def _parts(column: str) -> tuple[str, str, str]:
    """Return kind, field and word of a column by its name."""
    kind, _, rest = column.partition(":")
    if not rest:
        return "", kind, ""
    name, _, word = rest.partition(":")
    return kind, name, word


def _pages(entries: pl.DataFrame) -> NDArray[np.intp]:
    return entries[_PAGE].to_numpy().astype(np.intp)

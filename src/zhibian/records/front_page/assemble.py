"""From the columns of a source to the columns of a page table (组表)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from zhibian.records.front_page.catalogue import Catalogue, Field, Kind
from zhibian.records.front_page.cells import Slot, blanked, read_cells, read_lists
from zhibian.records.front_page.layouts import Layout, Plan
from zhibian.records.front_page.sources import Rows
from zhibian.records.front_page.types import ID, ROW, BadCell, PageTable

TEXTS = pl.List(pl.String)
_ANY_SEPARATOR = r"[,;，；]"
_BAR = "|"
_ESCAPED = r"\\[\\|]"
_SEXES = {"男": "1", "女": "2"}
# Tables that people keep by hand write the sex as a word; the interfaces do not.
_SEX_AS_WORD = frozenset({Layout.OWN, Layout.OPENDRG, Layout.HEADINGS})
_LEADING_FRACTION = r"^(\d{1,3})\.\d+$"


def page_table(rows: Rows, plan: Plan, catalogue: Catalogue) -> PageTable:
    """Return the front pages of some rows.

    Parameters
    ----------
    rows
        From a source.
    plan
        How its header is read.
    catalogue
        The fields.
    """
    cells = _before_reading(rows.cells, plan)
    singles = [slot for slots in plan.scalars.values() for slot in slots]
    members = [slot for places in plan.places.values() for slot in places.values()]
    read, bad = read_cells(cells, rows.numbers, [*singles, *members])
    columns: dict[str, pl.Series] = {
        id: _first_filled([read[slot.column] for slot in slots])
        for id, slots in plan.scalars.items()
    }
    lists, found = _joined(cells, rows.numbers, plan)
    bad += found
    for slot, first, others in plan.leading:
        codes = lists.pop(slot.column)
        columns[first.id] = codes.list.first()
        lists[others.id] = codes.list.slice(1)
    for id, places in plan.places.items():
        lists[id] = _placed(read, places)
    columns |= even(lists, catalogue, len(cells))
    if plan.layout in _SEX_AS_WORD and "A12C" in columns:
        columns["A12C"] = columns["A12C"].replace(_SEXES)
    bad += rows.bad
    bad.sort(key=lambda cell: cell.row)
    given = cells[plan.id_column] if plan.id_column else None
    return PageTable(_in_order(columns, given, rows.numbers, catalogue), plan.absent, tuple(bad))


def identifiers(cells: pl.DataFrame, given: pl.Series | None) -> pl.Series:
    """Return an identifier for each page: never a name of a patient.

    Parameters
    ----------
    cells
        The pages, with their row numbers.
    given
        What the source gives as identifier, null where blank; None where it has no such column.

    Returns
    -------
    polars.Series
        The identifier given, else the number of the settlement, else number of the record and of
        the stay, else the row.
    """
    there = frozenset(cells.columns)

    def text(field: str) -> pl.Expr:
        return pl.col(field) if field in there else pl.lit(None, dtype=pl.String)

    stay = pl.concat_str(text("A48"), text("A49"), separator="-")
    row = pl.lit("row-") + pl.col(ROW).cast(pl.String)
    derived = pl.coalesce(text("setl_id"), stay, text("A48"), row)
    source = pl.lit(None, dtype=pl.String) if given is None else blanked(pl.lit(given))
    return cells.select(pl.coalesce(source, derived).alias(ID)).to_series()


def even(lists: Mapping[str, pl.Series], catalogue: Catalogue, height: int) -> dict[str, pl.Series]:
    """Return the lists of each repeated group of equal length, without blank tails.

    Parameters
    ----------
    lists
        Repeated field to lists of text, null members blank.
    catalogue
        The fields.
    height
        Number of rows.
    """
    evened: dict[str, pl.Series] = {}
    for fields in catalogue.repeats.values():
        group = {f.id: lists[f.id].fill_null([]) for f in fields if f.id in lists}
        if not group:
            continue
        ends = {id: _last_filled(column) for id, column in group.items()}
        longest = pl.DataFrame(ends).select(pl.max_horizontal(pl.all())).to_series()
        for id, column in group.items():
            evened[id] = _of_length(column, longest)
    return evened


def _in_order(
    columns: Mapping[str, pl.Series],
    given: pl.Series | None,
    numbers: pl.Series,
    catalogue: Catalogue,
) -> pl.DataFrame:
    ordered = [columns[f.id].alias(f.id) for f in catalogue.fields if f.id in columns]
    cells = pl.DataFrame([numbers.alias(ROW), *ordered])
    return cells.insert_column(1, identifiers(cells, given))


def _before_reading(cells: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Undo what a layout writes in its own way."""
    if plan.layout is not Layout.OPENDRG:
        return cells
    changes = []
    # Public exports write fractions of a year below one, and 0 for a weight that isn't known.
    for slot in plan.scalars.get("A14", ()):
        changes.append(pl.col(slot.column).str.replace(_LEADING_FRACTION, "$1"))
    if weight := plan.joined.get("A18"):
        known = number_above_zero(pl.col(weight.column))
        changes.append(pl.when(known).then(pl.col(weight.column)))
    return cells.with_columns(changes)


def number_above_zero(cell: pl.Expr) -> pl.Expr:
    """Return whether a cell isn't a zero; what is no number stays to be told."""
    return ~cell.str.contains(r"^\s*0+(\.0+)?\s*$")


def _joined(
    cells: pl.DataFrame, numbers: pl.Series, plan: Plan
) -> tuple[dict[str, pl.Series], list[BadCell]]:
    """Return the lists of cells that hold several members."""
    slots = [*plan.joined.values(), *(slot for slot, _, _ in plan.leading)]
    if not slots:
        return {}, []
    parted = cells.select(
        _members(cells[slot.column], slot.field.kind).alias(slot.column) for slot in slots
    )
    lists, bad = read_lists(parted, numbers, slots)
    named = {slot.column: lists[slot.column] for slot, _, _ in plan.leading}
    named |= {id: lists[slot.column] for id, slot in plan.joined.items()}
    return named, bad


def _members(cell: pl.Series, kind: Kind) -> pl.Series:
    """Return the members of cells: codes and numbers by any separator, text by bars alone."""
    if kind is not Kind.TEXT:
        cell = cell.str.replace_all(_ANY_SEPARATOR, _BAR)
    elif cell.str.contains(_ESCAPED).any():
        return cell.map_elements(_unescaped, return_dtype=TEXTS)
    return cell.str.split(_BAR)


def _unescaped(cell: str) -> list[str]:
    members = [""]
    signs = iter(cell)
    for sign in signs:
        if sign == "\\":
            members[-1] += next(signs, sign)
        elif sign == _BAR:
            members.append("")
        else:
            members[-1] += sign
    return members


def _placed(read: pl.DataFrame, places: Mapping[int, Slot]) -> pl.Series:
    """Return the cells of numbered columns as one list a row, up to the last used column."""
    used = [place for place, slot in places.items() if read[slot.column].null_count() < len(read)]
    if not used:
        return pl.Series([[]] * len(read), dtype=TEXTS)
    blank = pl.Series("", [None], dtype=pl.String).new_from_index(0, len(read))
    members = [
        (read[places[place].column] if place in places else blank).alias(str(place))
        for place in range(max(used) + 1)
    ]
    return pl.DataFrame(members).select(pl.concat_list(pl.all())).to_series()


def _first_filled(columns: Sequence[pl.Series]) -> pl.Series:
    first, *others = columns
    for other in others:
        first = first.zip_with(first.is_not_null(), other)
    return first


def _last_filled(lists: pl.Series) -> pl.Series:
    """Return how many members a list has, not counting blank ones at its end."""
    lengths = lists.list.len().cast(pl.Int64)
    members = lists.filter(lengths > 0).explode()
    if not members.null_count():
        return lengths
    places = lists.to_frame("x").select(
        pl.when(pl.col("x").list.len() > 0).then(
            pl.col("x").list.eval(pl.element().is_not_null().arg_true().max() + 1).list.first()
        )
    )
    return places.to_series().fill_null(0).cast(pl.Int64)


def _of_length(lists: pl.Series, wanted: pl.Series) -> pl.Series:
    """Return lists cut or filled with blanks to a length."""
    lengths = lists.list.len().cast(pl.Int64)
    if (lengths == wanted).all():
        return lists
    frame = pl.DataFrame({"x": lists, "n": wanted})
    missing = (pl.col("n") - pl.col("x").list.len().cast(pl.Int64)).clip(lower_bound=0)
    blanks = pl.lit(None, dtype=pl.String).repeat_by(missing)
    filled = pl.concat_list(pl.col("x"), blanks) if (lengths < wanted).any() else pl.col("x")
    return frame.select(filled.list.head(pl.col("n"))).to_series()


def with_all_fields(pages: PageTable, catalogue: Catalogue) -> pl.DataFrame:
    """Return the cells with a column for every field of the catalogue, blank where absent.

    Parameters
    ----------
    pages
        A page table; its own cells leave out absent fields, which saves room.
    catalogue
        The fields.
    """
    cells = pages.cells
    return cells.select(
        ROW, ID, *(_column_or_blank(cells.columns, field) for field in catalogue.fields)
    )


def _column_or_blank(there: Sequence[str], field: Field) -> pl.Expr:
    if field.id in there:
        return pl.col(field.id)
    blank = pl.lit([], dtype=TEXTS) if field.is_list else pl.lit(None, dtype=pl.String)
    return blank.alias(field.id)

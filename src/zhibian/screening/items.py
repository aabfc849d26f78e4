"""Items of the work list as a table (工作清单表): raised by signals, joined, and put in order.

The order is by strength of evidence, then by alert, then by case. Money has no say in it: neither
weight nor payment is a column that anything is sorted by (SPEC rule P33).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import polars as pl

from zhibian.quality.front_page.types import Gate
from zhibian.records.front_page.types import ID, ROW
from zhibian.screening.signals import Signal, strength_of
from zhibian.screening.types import Alert, Suspicion, WorkItem

#: One row an item. ``case`` and ``row`` say which page, ``rules`` what raised it, strongest first.
ITEM_SCHEMA: Mapping[str, pl.DataType] = {
    ROW: pl.Int64(),
    "case": pl.String(),
    "department": pl.String(),
    "physician": pl.String(),
    "discharged": pl.Date(),
    "suspicion": pl.String(),
    "code": pl.String(),
    "name": pl.String(),
    "rules": pl.List(pl.String()),
    "alert": pl.String(),
    "gate": pl.String(),
    "strength": pl.Float64(),
    "evidence": pl.List(pl.String()),
    "remedy": pl.String(),
    "filed_group": pl.String(),
    "possible_group": pl.String(),
    "query": pl.String(),
}
#: What makes two items one: the same thing suspected of the same page.
SAME: tuple[str, ...] = (ROW, "case", "suspicion", "code", "name")
_ALERTS: Mapping[str, int] = {alert.value: place for place, alert in enumerate(Alert)}
_GATES: Mapping[str, int] = {gate.value: place for place, gate in enumerate(Gate)}
_ORDER = ("strength", "_alert", "case", ROW, "suspicion", "code", "name")
_CODES = {"deciding": "deciding_code", "principal": "principal"}
_GROUPS = {"next": "next_drg", "without": "without_drg"}


def no_items() -> pl.DataFrame:
    """Return a table of items without rows."""
    return pl.DataFrame(schema=dict(ITEM_SCHEMA))


def raised(measures: pl.DataFrame, signals: Sequence[Signal], most: float) -> pl.DataFrame:
    """Return an item for each page and signal that holds for it.

    Parameters
    ----------
    measures
        Every measure of the catalogue and the facts of the pages.
    signals
        What is looked for; those whose fields the layout lacks are to be left out before.
    most
        Most strength that an item can have.
    """
    if not signals:
        return no_items()
    holds = measures.select(
        signal.condition.holds.fill_null(value=False).alias(signal.id) for signal in signals
    )
    found = [
        _items(measures.filter(holds[signal.id]), signal, most)
        for signal in signals
        if holds[signal.id].any()
    ]
    return pl.concat(found) if found else no_items()


def _items(pages: pl.DataFrame, signal: Signal, most: float) -> pl.DataFrame:
    nothing = pl.lit(None, pl.String)
    said = [
        pl.when(more.condition.holds.fill_null(value=False)).then(more.says.text())
        for more in signal.stronger
    ]
    possible = pl.col(_GROUPS[signal.possible]) if signal.possible else nothing
    made = pages.select(
        pl.col(ROW),
        pl.col("department", "physician", "discharged"),
        case=pl.col(ID),
        suspicion=pl.lit(signal.suspicion.value),
        code=pl.col(_CODES[signal.whose]).fill_null("") if signal.whose else pl.lit(""),
        name=pl.lit(signal.name),
        rules=pl.concat_list(pl.lit(signal.id)),
        alert=pl.lit(signal.alert.value),
        gate=pl.lit(signal.gate.value),
        strength=strength_of(signal, most),
        evidence=pl.concat_list(signal.evidence.text(), *said).list.drop_nulls(),
        remedy=pl.lit(signal.remedy),
        filed_group=pl.col("drg"),
        possible_group=possible,
        query=signal.query.text(),
    )
    return made.select(pl.col(name).cast(kind) for name, kind in ITEM_SCHEMA.items())


def joined(items: pl.DataFrame) -> pl.DataFrame:
    """Return items with those that say the same of the same page made one.

    The strongest one gives strength, remedy and query; rules and evidence of all are kept; the
    most urgent alert and the earliest gate count.
    """
    if items.is_empty():
        return items
    first = ("department", "physician", "discharged", "remedy", "filed_group")
    return (
        _ordered(items)
        .with_columns(_gate=pl.col("gate").replace_strict(_GATES, return_dtype=pl.Int8))
        .group_by(SAME, maintain_order=True)
        .agg(
            pl.col(*first).first(),
            pl.col("strength").first(),
            pl.col("rules", "evidence").list.explode(),
            pl.col("alert").sort_by("_alert").first(),
            pl.col("gate").sort_by("_gate").first(),
            pl.col("possible_group").drop_nulls().first(),
            pl.col("query").sort_by(pl.col("query") == "", maintain_order=True).first(),
        )
        .select(pl.col(name).cast(kind) for name, kind in ITEM_SCHEMA.items())
    )


def order_of() -> list[str]:
    """Return the columns that say the place of an item in the list."""
    return ["alert" if name == "_alert" else name for name in _ORDER]


def ranked(items: pl.DataFrame) -> pl.DataFrame:
    """Return items by strength, then alert, then case."""
    return _ordered(items).drop("_alert")


def strongest(items: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return the first items of each kind of suspicion, so that no kind crowds out another.

    Parameters
    ----------
    items
        In their order.
    most
        Most items in all. Each kind has an equal share; what one does not use goes to the others.

    Returns
    -------
    polars.DataFrame
        At most so many items, in the same order.
    """
    kinds = items.group_by("suspicion").len().sort("len", "suspicion").rows()
    if not kinds:
        return items
    shares: dict[str, int] = {}
    for number, (kind, found) in enumerate(kinds):
        left = most - sum(shares.values())
        shares[kind] = min(found, left // (len(kinds) - number))
    share = pl.col("suspicion").replace_strict(shares, return_dtype=pl.Int64)
    return items.filter(pl.int_range(pl.len()).over("suspicion") < share)


def _ordered(items: pl.DataFrame) -> pl.DataFrame:
    return items.with_columns(
        _alert=pl.col("alert").replace_strict(_ALERTS, return_dtype=pl.Int8)
    ).sort(_ORDER, descending=[name == "strength" for name in _ORDER], maintain_order=True)


def table_of(items: Iterable[WorkItem], pages: pl.DataFrame) -> pl.DataFrame:
    """Return work items as a table.

    Parameters
    ----------
    items
        Such as those of text evidence.
    pages
        ``id``, ``row``, ``department``, ``physician``, ``discharged`` of the pages they are about.
    """
    rows = [
        {
            "case": item.case,
            "suspicion": item.suspicion.value,
            "code": item.code,
            "name": item.name,
            "rules": [item.rule],
            "alert": item.alert.value,
            "gate": item.gate.value,
            "strength": item.strength,
            "evidence": list(item.evidence),
            "remedy": item.remedy,
            "filed_group": item.filed_group,
            "possible_group": item.possible_group,
            "query": item.query,
        }
        for item in items
    ]
    told = {name: kind for name, kind in ITEM_SCHEMA.items() if not rows or name in rows[0]}
    about = pages.select(pl.col(ID).alias("case"), ROW, "department", "physician", "discharged")
    about = about.unique("case", keep="first", maintain_order=True)
    table = pl.DataFrame(rows, schema=told)
    if rows:
        table = table.join(about, on="case", how="left", maintain_order="left")
    return table.select(pl.col(name).cast(kind) for name, kind in ITEM_SCHEMA.items())


def work_items(
    items: pl.DataFrame, levels: Mapping[str, str], weights: Mapping[str, Decimal]
) -> list[WorkItem]:
    """Return a table of items as work items.

    Parameters
    ----------
    items
        The table.
    levels
        Code to its level under the scheme.
    weights
        Group to its weight; empty without a tariff.
    """
    return [
        WorkItem(
            case=row["case"],
            suspicion=Suspicion(row["suspicion"]),
            code=row["code"],
            name=row["name"],
            level=levels.get(row["code"], ""),
            rule=row["rules"][0],
            alert=Alert(row["alert"]),
            gate=Gate(row["gate"]),
            strength=row["strength"],
            evidence=tuple(row["evidence"]),
            remedy=row["remedy"],
            filed_group=row["filed_group"],
            possible_group=row["possible_group"],
            weight_difference=difference(row["filed_group"], row["possible_group"], weights),
            query=row["query"],
        )
        for row in items.iter_rows(named=True)
    ]


def difference(
    filed: str | None, possible: str | None, weights: Mapping[str, Decimal]
) -> Decimal | None:
    """Return possible minus filed weight, None where either has none."""
    before = weights.get(filed) if filed else None
    after = weights.get(possible) if possible else None
    return None if before is None or after is None else after - before

"""What a synthetic table turned out to be (实际统计): grouped by the engine, then counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.columnar import ColumnarPack, group_table
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.pack import RulePack
from zhibian.grouping.severity import Level
from zhibian.grouping.types import Status

_HEAD = 20


@dataclass(slots=True)
class Statistics:
    """Counts of a table; shares are made of them.

    Attributes
    ----------
    rows
        Number of rows.
    statuses, levels, kinds, groups, principals
        Rows by status, level, kind of core group, group, and principal diagnosis.
    sums
        Sums over all rows of numeric columns, and of marks such as ``dead``.
    """

    rows: int = 0
    statuses: Counter[Status] = field(default_factory=Counter)
    levels: Counter[Level] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    mdcs: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)
    principals: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)


def describe(frames: Iterable[pl.DataFrame], pack: RulePack, codebook: CodeBook) -> Statistics:
    """Group every case and count.

    Parameters
    ----------
    frames
        Blocks from :func:`zhibian.synthesis.draw.frames`.
    pack
        Scheme to group under.
    codebook
        Code sets, so that unknown codes are refused.
    """
    found = Statistics()
    kinds = {a.code: a.kind for m in pack.mdcs for a in m.adrgs}
    columnar = ColumnarPack(pack, codebook)
    layout = LAYOUTS[InputFormat.OWN]
    for frame in frames:
        found.rows += frame.height
        _add_sums(found, frame)
        cases, _ = layout.columns_of(frame.select(pl.all().cast(pl.String).fill_null("")))
        rows = group_table(cases, columnar).with_columns(cases["principal"])
        found.statuses.update({Status(s): n for s, n in _counts(rows["status"])})
        grouped = rows.filter(pl.col("status") == Status.GROUPED.value)
        found.levels.update({Level(v): n for v, n in _counts(grouped["level"])})
        for adrg, n in _counts(grouped["adrg"]):
            found.kinds[kinds[adrg]] += n
        found.mdcs.update(dict(_counts(grouped["mdc"])))
        found.groups.update(dict(_counts(grouped["drg"])))
        found.principals.update(dict(_counts(grouped["principal"])))
    return found


def _counts(column: pl.Series) -> list[tuple[str, int]]:
    return list(column.value_counts().iter_rows())


def _add_sums(found: Statistics, frame: pl.DataFrame) -> None:
    sums = frame.select(
        days=pl.col("days").sum(),
        cost=pl.col("cost").sum(),
        age=pl.col("age").sum(),
        aged=pl.col("age").count(),
        men=(pl.col("sex") == 1).sum(),
        dead=(pl.col("discharge_way") == 5).sum(),
        intensive=(pl.col("icu_hours") > 0).sum(),
        others=pl.col("others").str.count_matches(r"\|").sum() + pl.col("others").count(),
        operated=pl.col("procedures").count(),
    ).row(0, named=True)
    found.sums.update(sums)


def markdown(found: Statistics, scheme: str) -> str:
    """Return the statistics as a Markdown table."""
    rows, grouped = found.rows, found.statuses[Status.GROUPED]

    def percent(n: float, of: float) -> str:
        return f"{100 * n / of:.1f}%" if of else "-"

    def mean(name: str, of: float, digits: int = 1) -> str:
        return f"{found.sums[name] / of:,.{digits}f}" if of else "-"

    head = sum(n for _, n in found.groups.most_common(_HEAD))
    heads = sum(n for _, n in found.principals.most_common(_HEAD))
    lines = [
        ("cases", f"{rows:,}"),
        (f"grouped under {scheme}", percent(grouped, rows)),
        *(
            (f"{s.value}", percent(found.statuses[s], rows))
            for s in Status
            if s is not Status.GROUPED
        ),
        *((f"{k} groups", percent(found.kinds[k], grouped)) for k in sorted(found.kinds)),
        *((f"level {v.value}", percent(found.levels[v], grouped)) for v in Level),
        ("groups that occur", f"{len(found.groups):,}"),
        (f"share of the {_HEAD} largest groups", percent(head, grouped)),
        ("principal diagnoses that occur", f"{len(found.principals):,}"),
        (f"share of the {_HEAD} commonest principal diagnoses", percent(heads, grouped)),
        ("mean length of stay, days", mean("days", rows)),
        ("mean cost, yuan", mean("cost", rows, 0)),
        ("mean age, years", mean("age", found.sums["aged"])),
        ("men", percent(found.sums["men"], rows)),
        ("deaths", f"{100 * found.sums['dead'] / rows:.2f}%" if rows else "-"),
        ("with intensive care", percent(found.sums["intensive"], rows)),
        ("mean number of other diagnoses", mean("others", rows)),
        ("with a procedure", percent(found.sums["operated"], rows)),
    ]
    body = [f"| {name} | {value} |" for name, value in lines]
    largest = "、".join(f"{m} {percent(n, grouped)}" for m, n in found.mdcs.most_common(6))
    return "\n".join(
        ["| statistic | value |", "|---|---|", *body, f"| largest categories | {largest} |"]
    )

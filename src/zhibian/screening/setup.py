"""What a screening run is made with (筛查配置): scheme, tariff, signals, and what is listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import polars as pl

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.pack import RulePack
from zhibian.payment.tariff import Tariff
from zhibian.records.front_page.types import ROW
from zhibian.screening.group_statistics import GroupStatistics
from zhibian.screening.peers.peers import PeerRules
from zhibian.screening.quality_items import QualityScreen
from zhibian.screening.signals import PREFIX, Signal, SignalBook
from zhibian.screening.silence import Silences

_OF_TARIFF: frozenset[str] = frozenset({"weight", "tariff_ratio"})


@dataclass(frozen=True, slots=True)
class Setup:
    """What pages are judged with.

    Attributes
    ----------
    pack, codebook
        The scheme and the code sets.
    signals
        What is looked for.
    peers
        How departments are compared.
    tariff, variant
        The payment standard; None for none.
    benchmarks
        Loaded statistics of groups; None to take those of the pages themselves.
    quality
        Quality rules of the front page; None to leave them out.
    """

    pack: RulePack
    codebook: CodeBook
    signals: SignalBook
    peers: PeerRules
    tariff: Tariff | None = None
    variant: str | None = None
    benchmarks: GroupStatistics | None = None
    quality: QualityScreen | None = None

    def standards(self) -> pl.DataFrame:
        """Return ``drg``, ``weight`` and ``standard`` (yuan) of every group of the tariff."""
        rows = []
        if self.tariff is not None:
            for drg in self.tariff.groups:
                told = self.tariff.standard(drg, self.variant)
                rows.append((drg, _float(told.weight), _float(told.amount)))
        schema = {"drg": pl.String(), "weight": pl.Float64(), "standard": pl.Float64()}
        return pl.DataFrame(rows, schema, orient="row")

    def weights(self) -> dict[str, Decimal]:
        """Return the weight of each group that has one."""
        groups = self.tariff.groups.values() if self.tariff else ()
        return {group.drg: group.weight for group in groups if group.weight is not None}

    def splitting(self) -> list[str]:
        """Return the core groups with more than one group."""
        return [a.code for m in self.pack.mdcs for a in m.adrgs if len(a.drgs) > 1]


def _float(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def with_standards(pages: pl.DataFrame, standards: pl.DataFrame) -> pl.DataFrame:
    """Return pages with ``weight``, ``standard`` and ``tariff_ratio`` (cost over standard)."""
    joined = pages.join(standards, on="drg", how="left", maintain_order="left")
    return joined.with_columns(tariff_ratio=pl.col("cost") / pl.col("standard"))


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pages and how many items go into the work list (列出范围).

    Statistics of groups always come from all pages of the input, so that a department is compared
    with its peers.

    Attributes
    ----------
    first, last
        Days of discharge, both included; None for no limit.
    departments
        Departments; empty for all.
    top
        Most items in the work list.
    silences
        Suspicions that are kept out.
    """

    first: date | None = None
    last: date | None = None
    departments: frozenset[str] = frozenset()
    top: int = 20_000
    silences: Silences = field(default_factory=Silences)

    def days(self) -> pl.Expr:
        """Return whether a page was discharged within the days."""
        chosen = pl.col(ROW).is_not_null()
        if self.first is not None:
            chosen &= pl.col("discharged") >= self.first
        if self.last is not None:
            chosen &= pl.col("discharged") <= self.last
        return chosen.fill_null(value=False)

    def listed(self) -> pl.Expr:
        """Return whether a page is one that the work list is about."""
        chosen = self.days()
        if self.departments:
            chosen &= pl.col("department").is_in(sorted(self.departments)).fill_null(value=False)
        return chosen

    def identity(self) -> Mapping[str, str]:
        """Return what of it the finished parts depend on."""
        return {
            "出院日期": f"{self.first or ''}—{self.last or ''}",
            "科室": "、".join(sorted(self.departments)),
            "静默": self.silences.sha256,
        }


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A signal or quality rule that can't be judged on this input, and what it lacks (未判断)."""

    id: str
    title: str
    lacks: tuple[str, ...]


def judged(
    signals: SignalBook,
    absent: frozenset[str],
    *,
    priced: bool,
    covered: frozenset[str] = frozenset(),
) -> tuple[tuple[Signal, ...], tuple[NotJudged, ...]]:
    """Part the signals into those that can be judged and those whose fields the layout lacks.

    Parameters
    ----------
    signals
        All signals.
    absent
        Fields that the layout has no column for.
    priced
        Whether there is a tariff.
    covered
        Signals that a quality rule says as well: in neither part.
    """
    good: list[Signal] = []
    lacking: list[NotJudged] = []
    for signal in signals.signals:
        if signal.id.removeprefix(PREFIX) in covered:
            continue
        lacks = sorted(
            field for fields in signal.condition.needs if set(fields) <= absent for field in fields
        )
        if not priced and signal.condition.measures & _OF_TARIFF:
            lacks.append("支付标准")
        if lacks:
            lacking.append(NotJudged(signal.id, signal.title, tuple(lacks)))
        else:
            good.append(signal)
    return tuple(good), tuple(lacking)

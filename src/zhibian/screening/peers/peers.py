"""Departments and physicians beside their peers (同行比较): funnels and charts over months.

A rate is compared with the rate that is expected of the same mix of core groups (indirect
standardisation, 间接标化): what the core groups have in all other departments, times the cases of
this one. A department is not its own peer: cases of core groups that nobody else treats have no
peers and are left out, and their number is told.

Limits are exact binomial tails around the expected rate; where departments differ among each other
by more than chance (过度离散), the distance is divided by the root of the excess, estimated from
winsorised scores (Spiegelhalter, Funnel plots for comparing institutional performance,
Statistics in Medicine 2005;24:1185-1202). Small numbers are not judged and not shown as rates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zhibian.grouping.severity import Level
from zhibian.grouping.types import Status
from zhibian.problems import InputError, Problem
from zhibian.screening.peers.limits import excess_of, limits_of, scores_of, signals_of
from zhibian.terminology.tables import read_yaml

PEERS = Path("screening/peers.yaml")
_REMEDY = "恢复随程序发布的 rules/screening/peers.yaml"

IndicatorId = Literal["cc_capture", "mcc_capture", "ambiguous", "ungrouped", "entry_condition"]


class Indicator(BaseModel):
    """One rate that is watched (监测指标).

    Attributes
    ----------
    id
        Which events over which cases; see :data:`_EVENTS`.
    title, source
        In Chinese.
    concern
        Whether a high rate, a low one, or either is of concern.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: IndicatorId
    title: str
    source: str
    concern: Literal["high", "low", "both"]


class PeerRules(BaseModel):
    """How peers are compared (同行比较口径).

    Attributes
    ----------
    least_cases
        Cases below which nothing is shown.
    warning, alarm
        Two-sided shares of chance outside the inner and the outer limit, such as 0.05, 0.002.
    winsorised
        Share of scores at each end that is drawn in before the excess is estimated.
    least_peer_cases
        Cases of a core group that others must have for it to be compared.
    least_units
        Departments below which no excess is estimated.
    indicators
        What is watched.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["zhibian-peers/1"]
    least_cases: int = Field(ge=1)
    warning: float = Field(gt=0, lt=1)
    alarm: float = Field(gt=0, lt=1)
    winsorised: float = Field(ge=0, lt=0.5)
    least_peer_cases: int = Field(ge=1)
    least_units: int = Field(ge=2)
    indicators: tuple[Indicator, ...]


def load_peer_rules(rules: Path) -> PeerRules:
    """Load how peers are compared.

    Raises
    ------
    InputError
        The file is absent or can't be read.
    """
    path = rules / PEERS
    try:
        return PeerRules.model_validate(read_yaml(path, _REMEDY))
    except ValidationError as bad:
        raise InputError(
            path.name,
            [
                Problem(str(e["loc"]), "peers_invalid", "同行比较口径不能读取", _REMEDY)
                for e in bad.errors()
            ],
        ) from None


def _split() -> pl.Expr:
    """Return whether the core group has several groups: else there is nothing to catch."""
    return pl.col("splits") & (pl.col("status") == Status.GROUPED.value)


# Which cases an indicator is about, and which of them are events.
_EVENTS: Mapping[IndicatorId, tuple[pl.Expr, pl.Expr]] = {
    "cc_capture": (_split(), pl.col("level").is_in([Level.CC.value, Level.MCC.value])),
    "mcc_capture": (_split(), pl.col("level") == Level.MCC.value),
    "ambiguous": (pl.col("status").is_not_null(), pl.col("status") == Status.AMBIGUOUS.value),
    "ungrouped": (pl.col("status").is_not_null(), pl.col("status") != Status.GROUPED.value),
    "entry_condition": (
        (pl.col("others") > 0) & pl.col("missing_conditions").is_not_null(),
        pl.col("missing_conditions") > 0,
    ),
}
# What expected rates are standardised by; cases without a group differ by nothing that is known.
_MIX: Mapping[IndicatorId, str | None] = {
    "cc_capture": "adrg",
    "mcc_capture": "adrg",
    "ambiguous": None,
    "ungrouped": None,
    "entry_condition": None,
}


def counts_of(
    facts: pl.DataFrame, splits: Sequence[str], rules: PeerRules, unit: str
) -> pl.DataFrame:
    """Return cases and events by unit, month and mix: counts that add up over parts.

    Parameters
    ----------
    facts
        Facts of some pages.
    splits
        Core groups with more than one group.
    rules
        What is watched.
    unit
        Column of the unit: ``department`` or ``physician``; where there are several hospitals, the
        unit is that of a hospital.
    """
    told = facts.with_columns(splits=pl.col("adrg").is_in(list(splits)))
    if facts["hospital"].n_unique() > 1:
        own = pl.concat_str([pl.col("hospital").fill_null(""), pl.col(unit)], separator=" ")
        told = told.with_columns(own.alias(unit))
    found = []
    for indicator in rules.indicators:
        about, event = _EVENTS[indicator.id]
        mix = _MIX[indicator.id]
        found.append(
            told.filter(about & pl.col(unit).is_not_null())
            .group_by(
                indicator=pl.lit(indicator.id),
                unit=pl.col(unit),
                month=pl.col("month").fill_null(""),
                mix=pl.col(mix) if mix else pl.lit(""),
            )
            .agg(
                cases=pl.len().cast(pl.Int64),
                events=event.fill_null(value=False).sum().cast(pl.Int64),
            )
        )
    return pl.concat(found)


@dataclass(frozen=True, slots=True)
class Funnel:
    """One indicator over all units (漏斗图).

    Attributes
    ----------
    indicator
        What is watched.
    overall
        Rate that is expected over all cases with peers.
    excess
        Variance of the scores beyond chance (过度离散系数), at least 1.
    table
        One row a unit, by cases: ``unit``, ``cases`` and ``events`` with peers, ``alone`` (cases
        without), ``expected`` (events), ``rate`` (observed over expected times the overall rate),
        ``score`` (distance in standard deviations after the excess), ``signal`` (``high``,
        ``low``, ``alarm_high``, ``alarm_low`` or empty), and the limits of the rate at that number
        of cases, ``warning_low``, ``warning_high``, ``alarm_low``, ``alarm_high``.
    small
        Units with too few cases.
    """

    indicator: Indicator
    overall: float
    excess: float
    table: pl.DataFrame
    small: int


def reference_of(statistics: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Return the rates of each core group that benchmarks tell.

    Parameters
    ----------
    statistics
        ``drg`` and ``cases_of_group`` of the benchmarks.
    groups
        Groups of each core group by what counts, from
        :func:`zhibian.screening.counted.neighbours`.

    Returns
    -------
    polars.DataFrame
        ``indicator``, ``mix`` (core group), ``share``. A core group whose groups do not tell CC
        from none, or MCC from CC, has no row for that indicator.
    """
    cases = groups.unpivot(index="adrg", variable_name="what", value_name="drg").join(
        statistics.select("drg", "cases_of_group"), on="drg", how="inner"
    )
    levels = cases.unique(["adrg", "drg"]).join(groups, on="adrg", how="left")
    total = pl.col("cases_of_group").sum()
    told = (
        ("cc_capture", pl.col("of_cc") != pl.col("of_none"), pl.col("drg") != pl.col("of_none")),
        ("mcc_capture", pl.col("of_mcc") != pl.col("of_cc"), pl.col("drg") == pl.col("of_mcc")),
    )
    return pl.concat(
        levels.filter(separate)
        .group_by(mix="adrg")
        .agg(share=pl.col("cases_of_group").filter(event).sum() / total)
        .select(pl.lit(indicator).alias("indicator"), "mix", "share")
        for indicator, separate, event in told
    )


def funnel_of(
    counts: pl.DataFrame,
    indicator: Indicator,
    rules: PeerRules,
    reference: pl.DataFrame | None = None,
) -> Funnel:
    """Return one indicator over all units.

    Parameters
    ----------
    counts
        From :func:`counts_of`, of any number of parts.
    indicator, rules
        What is watched, and how.
    reference
        Rates to expect, from :func:`reference_of`; for an indicator that is not in it, and without
        one, those of the other units.
    """
    own = counts.filter(pl.col("indicator") == indicator.id)
    cells = own.group_by("unit", "mix").agg(pl.col("cases", "events").sum())
    units = (
        _expected(cells, indicator, rules, reference)
        .group_by("unit")
        .agg(
            pl.col("cases", "events").filter("peers").sum(),
            alone=pl.col("cases").filter(~pl.col("peers")).sum(),
            expected=(pl.col("cases") * pl.col("share")).filter("peers").sum(),
        )
        .sort("cases", "unit")
    )
    expected_events, total = units.select(pl.col("expected", "cases").sum()).row(0)
    overall = expected_events / total if total else 0.0
    kept = units.filter(pl.col("cases") >= rules.least_cases)
    cases = kept["cases"].to_numpy().astype(np.float64)
    events = kept["events"].to_numpy().astype(np.float64)
    expected = kept["expected"].to_numpy()
    share = np.divide(expected, cases, out=np.zeros_like(expected), where=cases > 0)
    excess = excess_of(scores_of(events, cases, share), rules)
    scores = scores_of(events, cases, share) / np.sqrt(excess)
    signals = signals_of(events, cases, share, excess, rules)
    limits = {
        f"{name}_{side}": limit
        for name, chance in (("warning", rules.warning), ("alarm", rules.alarm))
        for side, limit in zip(
            ("low", "high"),
            limits_of(cases, np.full_like(cases, overall), chance, excess),
            strict=True,
        )
    }
    rate = np.divide(events, expected, out=np.zeros_like(events), where=expected > 0) * overall
    table = kept.with_columns(
        rate=pl.Series(np.clip(rate, 0, 1)),
        score=pl.Series(scores),
        signal=pl.Series(signals, dtype=pl.String),
    ).with_columns(**{name: pl.Series(values) for name, values in limits.items()})
    return Funnel(indicator, overall, excess, table, len(units) - len(kept))


def _expected(
    cells: pl.DataFrame, indicator: Indicator, rules: PeerRules, reference: pl.DataFrame | None
) -> pl.DataFrame:
    """Return cells of unit and mix with the ``share`` to expect and whether it is known."""
    known = reference.filter(pl.col("indicator") == indicator.id) if reference is not None else None
    if known is not None and len(known):
        told = cells.join(known.select("mix", "share"), on="mix", how="left")
        return told.with_columns(peers=pl.col("share").is_not_null())
    others = {name: pl.col(name).sum().over("mix") - pl.col(name) for name in ("cases", "events")}
    return cells.with_columns(
        peers=others["cases"] >= rules.least_peer_cases,
        share=others["events"] / others["cases"],
    )


def months_of(counts: pl.DataFrame, indicator: Indicator, rules: PeerRules) -> pl.DataFrame:
    """Return the rate of each unit in each month against its own mean (p 控制图).

    Parameters
    ----------
    counts
        From :func:`counts_of`.
    indicator, rules
        What is watched, and how.

    Returns
    -------
    polars.DataFrame
        ``unit`` (empty for all together), ``month``, ``cases``, ``events``, ``rate``, ``mean``,
        ``low`` and ``high`` (outer limits), ``signal``. Months with too few cases are left out.
    """
    own = counts.filter((pl.col("indicator") == indicator.id) & (pl.col("month") != ""))
    both = pl.concat([own.with_columns(unit=pl.lit("")), own])
    months = (
        both.group_by("unit", "month")
        .agg(pl.col("cases", "events").sum())
        .with_columns(mean=pl.col("events").sum().over("unit") / pl.col("cases").sum().over("unit"))
        .filter(pl.col("cases") >= rules.least_cases)
        .sort("unit", "month")
    )
    cases = months["cases"].to_numpy().astype(np.float64)
    events = months["events"].to_numpy().astype(np.float64)
    mean = months["mean"].to_numpy()
    low, high = limits_of(cases, mean, rules.alarm, 1.0)
    signals = signals_of(events, cases, mean, 1.0, rules)
    return months.with_columns(
        rate=pl.col("events") / pl.col("cases"),
        low=pl.Series(low),
        high=pl.Series(high),
        signal=pl.Series(signals, dtype=pl.String),
    )

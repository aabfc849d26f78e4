"""From outcomes to figures (由逐例结果到指标): intervals, strata, repetitions, paired tests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath
from statistics import fmean, stdev
from typing import Any

from zhibian.evaluation.coders.interface import CoderInfo
from zhibian.evaluation.examples import Example
from zhibian.evaluation.metrics.metric import (
    Difference,
    Estimate,
    Metric,
    by_stratum,
    differences,
    estimates,
)
from zhibian.evaluation.metrics.registry import matching
from zhibian.evaluation.metrics.resampling import total
from zhibian.evaluation.results import (
    ComparisonOut,
    FigureOut,
    MetricOut,
    SeedOut,
    SpreadOut,
    StratumOut,
    SystemOut,
)
from zhibian.evaluation.tasks.kind import Details
from zhibian.evaluation.tasks.spec import TaskSpec

# Figures are written to so many digits behind the point: finer than any interval here.
_DIGITS = 6

Strata = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """One system under one seed, on every question (一个系统一个种子的结果).

    Attributes
    ----------
    name
        Name in tables.
    info
        As the system tells it.
    seed
        Of its learning.
    examples, outcomes
        Questions in the order of the rounds, and what the system did on each.
    strata
        Part of every partition that each question belongs to.
    learn_seconds, code_seconds
        All rounds.
    details
        Tables beside the figures.
    """

    name: str
    info: CoderInfo
    seed: int
    examples: Sequence[Example[Any, Any]]
    outcomes: Sequence[Any]
    strata: Sequence[Strata]
    learn_seconds: float
    code_seconds: float
    details: Details

    @property
    def records(self) -> list[str]:
        """Return the record of every question."""
        return [example.record for example in self.examples]


@dataclass(frozen=True, slots=True)
class Measuring:
    """How figures are computed (指标计算): metrics, the main ones, partitions, resampling."""

    metrics: Sequence[Metric[Any]]
    main: Sequence[Metric[Any]]
    partitions: Sequence[str]
    seed: int
    draws: int


def chosen_metrics(
    spec: TaskSpec, every: Sequence[Metric[Any]]
) -> tuple[tuple[Metric[Any], ...], tuple[Metric[Any], ...]]:
    """Return the metrics of a task and its main ones: those named in full, at least the first.

    Raises
    ------
    InputError
        A name or pattern fits no metric.
    """
    chosen = matching(every, spec.metrics)
    main = tuple(metric for metric in chosen if metric.name in spec.metrics)
    return chosen, main or chosen[:1]


def metrics_out(metrics: Iterable[Metric[Any]]) -> dict[str, MetricOut]:
    """Return what each metric is."""
    return {m.name: MetricOut(title=m.title, unit=m.unit, better=m.better) for m in metrics}


def system_out(runs: Sequence[Measured], how: Measuring) -> SystemOut:
    """Return the result of one system.

    Parameters
    ----------
    runs
        One a seed, the first one being told in full.
    how
        Metrics and resampling.
    """
    first = runs[0]
    figures = _figures(how.metrics, first.outcomes, first.records, how)
    repeated = [seed_out(run, how) for run in runs] if len(runs) > 1 else []
    return SystemOut(
        name=first.name,
        title=first.info.title,
        learns=first.info.learns,
        versions=dict(first.info.versions),
        parameters={key: _without_path(value) for key, value in first.info.parameters.items()},
        notes=dict(first.info.notes),
        seed=first.seed,
        n=len(first.outcomes),
        records=len(set(first.records)),
        learn_seconds=_rounded(first.learn_seconds) if first.info.learns else None,
        code_seconds=round(first.code_seconds, _DIGITS),
        figures=figures,
        strata=_strata(first, how),
        reliability=first.details.reliability,
        confusion=first.details.confusion,
        deviation=first.details.deviation,
        waterfalls=first.details.waterfalls,
        gallery=first.details.gallery,
        seeds=tuple(repeated),
        spread={m.name: _spread([run.figures[m.name] for run in repeated]) for m in how.metrics}
        if repeated
        else {},
    )


def seed_out(run: Measured, how: Measuring) -> SeedOut:
    """Return the figures of one repetition, without intervals."""
    values = {m.name: float(m.value(total(m.rows(run.outcomes)))) for m in how.metrics}
    return SeedOut(
        seed=run.seed,
        learn_seconds=_rounded(run.learn_seconds),
        figures={name: _rounded(value) for name, value in values.items()},
    )


def comparisons(systems: Sequence[Measured], reference: str, how: Measuring) -> list[ComparisonOut]:
    """Return every system against the reference on the main metrics, p adjusted by Holm.

    Parameters
    ----------
    systems
        Of the same questions.
    reference
        Name of the one that the others are compared with.
    how
        Metrics and resampling.
    """
    base = next(run for run in systems if run.name == reference)
    found: list[tuple[str, str, Difference]] = []
    for run in systems:
        if run.name != reference:
            gaps = differences(
                how.main, run.outcomes, base.outcomes, run.records, seed=how.seed, draws=how.draws
            )
            found += [(run.name, metric.name, gaps[metric.name]) for metric in how.main]
    adjusted = holm([gap.p for _, _, gap in found])
    return [
        comparison_out(metric, (name, reference), gap, p)
        for (name, metric, gap), p in zip(found, adjusted, strict=True)
    ]


def comparison_out(
    metric: str, names: tuple[str, str], gap: Difference, p_holm: float
) -> ComparisonOut:
    """Return one paired comparison: first system less second."""
    return ComparisonOut(
        metric=metric,
        ours=names[0],
        other=names[1],
        difference=_rounded(gap.value),
        low=_rounded(gap.low),
        high=_rounded(gap.high),
        p=_rounded(gap.p),
        p_holm=_rounded(p_holm),
    )


def holm(chances: Sequence[float]) -> list[float]:
    """Return p adjusted for as many comparisons as there are, by Holm's step-down rule.

    The k-th smallest of m is multiplied by m - k + 1 and never falls below those before it
    (Holm 1979, Scandinavian Journal of Statistics 6). Undefined ones are no comparisons.
    """
    places = sorted(
        (p for p in range(len(chances)) if not math.isnan(chances[p])), key=lambda p: chances[p]
    )
    adjusted = [math.nan] * len(chances)
    for rank, place in enumerate(places):
        adjusted[place] = min(1.0, chances[place] * (len(places) - rank))
    for before, place in pairwise(places):
        adjusted[place] = max(adjusted[place], adjusted[before])
    return adjusted


def figure_out(estimate: Estimate) -> FigureOut:
    """Return a figure with its interval; undefined values are null."""
    return FigureOut(
        value=_rounded(estimate.value), low=_rounded(estimate.low), high=_rounded(estimate.high)
    )


def _figures(
    metrics: Sequence[Metric[Any]], outcomes: Sequence[Any], records: Sequence[str], how: Measuring
) -> dict[str, FigureOut]:
    found = estimates(metrics, outcomes, records, seed=how.seed, draws=how.draws)
    return {name: figure_out(value) for name, value in found.items()}


def _strata(run: Measured, how: Measuring) -> dict[str, dict[str, StratumOut]]:
    """Return the main figures by part; questions of no part of a partition are left out.

    All figures of every part would be a file of megabytes that says little: most parts hold few
    records.
    """
    found: dict[str, dict[str, StratumOut]] = {}
    records = run.records
    for partition in how.partitions:
        places = by_stratum([parts.get(partition, "") for parts in run.strata], str)
        found[partition] = {
            part: StratumOut(
                n=len({records[p] for p in held}),
                figures=_figures(
                    how.main, [run.outcomes[p] for p in held], [records[p] for p in held], how
                ),
            )
            for part, held in places.items()
            if part
        }
    return found


def _spread(values: Sequence[float | None]) -> SpreadOut:
    known = [value for value in values if value is not None]
    return SpreadOut(
        mean=_rounded(fmean(known)) if known else None,
        sd=_rounded(stdev(known)) if len(known) > 1 else None,
        n=len(known),
    )


def _rounded(value: float) -> float | None:
    return round(value, _DIGITS) if math.isfinite(value) else None


def _without_path(value: Any) -> Any:
    """Return a parameter without the folder of this machine."""
    if isinstance(value, PurePath) or (isinstance(value, str) and PurePath(value).is_absolute()):
        return PurePath(value).name
    return value

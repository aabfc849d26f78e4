"""The tables of the page (报告表格): results turned into rows of cells, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zhibian.evaluation.metrics.metric import Unit
from zhibian.evaluation.report.numerals import NOTHING, chance, difference, interval, shown
from zhibian.evaluation.report.phrases import Phrase, english, label, label_or, labels, same
from zhibian.evaluation.results import (
    FigureOut,
    MetricOut,
    Results,
    SpreadOut,
    SystemOut,
)

#: Strata of fewer records are marked: their intervals say nothing.
FEW = 20
_SIGNIFICANT = 0.05
# Told by stratum beside the main metrics; a hundred metrics over a hundred strata read nobody.
_BY_STRATUM = frozenset(
    {
        "principal.exact",
        "others.micro_f1",
        "procedures.micro_f1",
        "group.drg",
        "payment.amount.mean",
    }
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in a table: value, interval, and whether it is the best point estimate."""

    value: str
    interval: str
    best: bool = False


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric over all systems; no unit for shares, whose values bear a percent sign."""

    name: str
    title: Phrase
    unit: Phrase | None
    direction: Phrase
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class MetricGroup:
    """Metrics whose names begin alike (一组指标)."""

    title: Phrase
    rows: tuple[MetricRow, ...]
    spreads: tuple[tuple[Phrase, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class StratumRow:
    """One part of a partition: its name, its records, and a figure a system."""

    title: Phrase
    n: int
    few: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class StratumTable:
    """One metric over the parts of a partition."""

    metric: Phrase
    rows: tuple[StratumRow, ...]


@dataclass(frozen=True, slots=True)
class Partition:
    """One way to part the data (一种分层)."""

    title: Phrase
    tables: tuple[StratumTable, ...]


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """Two systems on one metric."""

    metric: Phrase
    ours: str
    other: str
    difference: str
    unit: Phrase
    p: str
    holm: str
    significant: bool


def metric_title(name: str, metric: MetricOut) -> Phrase:
    """Return what a metric is called; in English its name, read part by part."""
    group, _, rest = name.partition(".")
    read = ", ".join(english("metric_words", part) for part in rest.split(".") if part)
    about = group_title(group).en
    return Phrase(metric.title, f"{about}: {read}" if read else about)


def group_title(group: str) -> Phrase:
    """Return what metrics whose names begin with this word are about."""
    return label_or("metric_group", group, same(group))


def main_metrics(results: Results) -> tuple[str, ...]:
    """Return the main metrics: the first one, and those by which systems are compared."""
    compared = (comparison.metric for comparison in results.comparisons)
    return tuple(dict.fromkeys([next(iter(results.metrics)), *compared]))


def metric_groups(results: Results) -> tuple[MetricGroup, ...]:
    """Return all figures, metrics grouped by the first word of their names.

    A metric that is defined for no system is left out, such as one of the fit part without one.
    """
    names: dict[str, list[str]] = {}
    for name in results.metrics:
        if any(_value(system, name) is not None for system in results.systems):
            names.setdefault(name.partition(".")[0], []).append(name)
    return tuple(
        MetricGroup(
            group_title(group),
            tuple(_metric_row(name, results) for name in members),
            tuple(_spreads(members, results)),
        )
        for group, members in names.items()
    )


def _value(system: SystemOut, name: str) -> float | None:
    figure = system.figures.get(name)
    return None if figure is None else figure.value


def _metric_row(name: str, results: Results) -> MetricRow:
    metric = results.metrics[name]
    figures = [system.figures.get(name) for system in results.systems]
    return MetricRow(
        name=name,
        title=metric_title(name, metric),
        unit=None if metric.unit == "share" else label(f"unit.{metric.unit}"),
        direction=label(f"figures.{metric.better}"),
        cells=cells(figures, metric),
    )


def cells(figures: Sequence[FigureOut | None], metric: MetricOut) -> tuple[Cell, ...]:
    """Return the cells of one row, the best of several marked."""
    best = _best([None if f is None else f.value for f in figures], metric.better)
    return tuple(
        Cell(NOTHING, "")
        if f is None or f.value is None
        else Cell(shown(f.value, metric.unit), interval(f, metric.unit), f.value == best)
        for f in figures
    )


def _best(values: Iterable[float | None], better: str) -> float | None:
    """Return the best value of several; None of one alone or where all are equal."""
    known = [value for value in values if value is not None]
    if len(set(known)) < 2:
        return None
    if better == "zero":
        return min(known, key=abs)
    return max(known) if better == "higher" else min(known)


def _spreads(names: Sequence[str], results: Results) -> Iterable[tuple[Phrase, tuple[str, ...]]]:
    """Yield mean and deviation over seeds, for metrics that any system has them of."""
    for name in names:
        told = [system.spread.get(name) for system in results.systems]
        if any(told):
            metric = results.metrics[name]
            yield metric_title(name, metric), tuple(_spread(one, metric.unit) for one in told)


def _spread(spread: SpreadOut | None, unit: Unit) -> str:
    if spread is None or spread.mean is None:
        return NOTHING
    if spread.sd is None:
        return shown(spread.mean, unit)
    return f"{shown(spread.mean, unit)} ± {shown(spread.sd, unit)}"


def comparison_rows(results: Results) -> tuple[ComparisonRow, ...]:
    """Return the paired comparisons, in the order of the results."""
    rows = []
    for found in results.comparisons:
        metric = results.metrics[found.metric]
        points = metric.unit == "share"
        rows.append(
            ComparisonRow(
                metric=metric_title(found.metric, metric),
                ours=found.ours,
                other=found.other,
                difference=difference(found, metric.unit),
                unit=label("comparisons.points") if points else label(f"unit.{metric.unit}"),
                p=chance(found.p),
                holm=chance(found.p_holm),
                significant=found.p_holm is not None and found.p_holm < _SIGNIFICANT,
            )
        )
    return tuple(rows)


def partitions(results: Results) -> tuple[Partition, ...]:
    """Return the strata, one table a metric, of all systems side by side."""
    names = dict.fromkeys(name for system in results.systems for name in system.strata)
    return tuple(_partition(name, results) for name in names)


def _partition(name: str, results: Results) -> Partition:
    counts = _counts(name, results.systems)
    told = {
        metric
        for system in results.systems
        for stratum in system.strata.get(name, {}).values()
        for metric in stratum.figures
    }
    kept = told & {*main_metrics(results), *_BY_STRATUM}
    tables = []
    for metric_name, metric in results.metrics.items():
        if metric_name not in kept:
            continue
        rows = tuple(
            StratumRow(
                part_title(name, part),
                n,
                n < FEW,
                cells([_figure(s, name, part, metric_name) for s in results.systems], metric),
            )
            for part, n in counts.items()
        )
        tables.append(StratumTable(metric_title(metric_name, metric), rows))
    return Partition(label_or("strata", name, same(name)), tuple(tables))


def _counts(partition: str, systems: Sequence[SystemOut]) -> dict[str, int]:
    """Return the records of each part: categories by code, other parts with the largest first."""
    counts: dict[str, int] = {}
    for system in systems:
        for part, stratum in system.strata.get(partition, {}).items():
            counts[part] = max(counts.get(part, 0), stratum.n)
    if partition == "mdc":
        return dict(sorted(counts.items(), key=lambda item: (not item[0], item[0])))
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _figure(system: SystemOut, partition: str, part: str, metric: str) -> FigureOut | None:
    stratum = system.strata.get(partition, {}).get(part)
    return None if stratum is None else stratum.figures.get(metric)


def part_title(partition: str, part: str) -> Phrase:
    """Return what a part is called: a category with its name, anything else as it stands."""
    if not part:
        return label("strata.unknown")
    if partition == "mdc":
        return mdc_title(part)
    return label_or(f"part_of_{partition}", part, same(part))


def mdc_title(code: str) -> Phrase:
    """Return a major diagnostic category with its short name."""
    if not code:
        return label("confusion.none")
    # Groups are told by their letter too.
    full = code if code in labels()["mdc"] else f"MDC{code}"
    known = labels()["mdc"].get(full)
    return same(code) if known is None else Phrase(f"{full} {known.zh}", f"{full} {known.en}")


def step_title(path: str, kind: str) -> Phrase:
    """Return what a step of a waterfall is called: a page at the ends, an edit between them."""
    return label(f"{path}.{kind}") if kind in {"start", "end"} else label(f"edit.{kind}")

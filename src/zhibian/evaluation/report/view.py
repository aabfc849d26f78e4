"""One run as the page shows it (报告内容): which sections there are, marks, limits, pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zhibian.evaluation.report import chart_data, drawings, numerals, tables
from zhibian.evaluation.report.gallery import selected
from zhibian.evaluation.report.phrases import Phrase, english, label, same
from zhibian.evaluation.results import GalleryOut, Results, SplitOut, SystemOut, WaterfallOut

# What stands beside the distribution of payment deviation; the other figures are with all others.
_PAYMENT = frozenset(
    {
        "payment.amount.mean",
        "payment.amount.relative",
        "payment.amount.within_5",
        "payment.amount.within_10",
        "payment.weight.mean",
        "payment.cmi.deviation",
    }
)


@dataclass(frozen=True, slots=True)
class MainResult:
    """A main metric of a run (主要指标): one row a system."""

    title: Phrase
    direction: Phrase
    forest: drawings.Forest
    cells: tuple[tables.Cell, ...]

    @property
    def leader(self) -> int:
        """Return the place of the best point estimate; the first system where there is none."""
        return next((place for place, cell in enumerate(self.cells) if cell.best), 0)


@dataclass(frozen=True, slots=True)
class Heat:
    """The confusion of one system: its matrix, titles, and the shade of each cell, 0 to 1."""

    matrix: chart_data.Matrix
    gold: tuple[Phrase, ...]
    given: tuple[Phrase, ...]
    shades: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """One waterfall with the titles of its steps."""

    title: Phrase
    stages: drawings.Stages
    titles: tuple[Phrase, ...]
    weighed: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """How long one system took (用时)."""

    learn: Phrase
    code: str
    per_case: str
    per_second: str


@dataclass(frozen=True, slots=True)
class SystemView:
    """One system with its pictures; None where it has none."""

    system: SystemOut
    title: Phrase
    pace: Pace
    reliability: drawings.Square | None
    heat: Heat | None
    histogram: drawings.Histogram | None
    signs: tuple[int, int, int]
    flows: tuple[Flow, ...]
    gallery: tuple[GalleryOut, ...]


@dataclass(frozen=True, slots=True)
class SplitView:
    """One part of the data: what it is used for, and what was seen of it before."""

    role: str
    split: SplitOut
    contact: Phrase | None


@dataclass(frozen=True, slots=True)
class RunView:
    """One run (一次评测)."""

    number: int
    results: Results
    title: Phrase
    question: Phrase
    marks: tuple[tuple[str, Phrase], ...]
    splits: tuple[SplitView, ...]
    terms: Phrase
    mains: tuple[MainResult, ...]
    systems: tuple[SystemView, ...]
    groups: tuple[tables.MetricGroup, ...]
    comparisons: tuple[tables.ComparisonRow, ...]
    partitions: tuple[tables.Partition, ...]
    payment: tuple[tables.MetricRow, ...]
    limits: tuple[Phrase, ...]


def view(results: Results, number: int) -> RunView:
    """Return a run as the page shows it.

    Parameters
    ----------
    results
        Of one run.
    number
        Place in the report, from 1; links within the page carry it.
    """
    task = results.task
    groups = tables.metric_groups(results)
    return RunView(
        number=number,
        results=results,
        title=Phrase(task.title, task.title_en or task.title),
        question=Phrase(task.question, task.question_en or task.question),
        marks=tuple(_marks(results)),
        splits=(
            _split("data.test", task.test),
            *(_split("data.learned", split) for split in task.learned_from),
        ),
        terms=Phrase(task.terms, task.terms_en or task.terms),
        mains=tuple(_mains(results)),
        systems=tuple(_system(system) for system in results.systems),
        groups=groups,
        comparisons=tables.comparison_rows(results),
        partitions=tables.partitions(results),
        payment=tuple(row for group in groups for row in group.rows if row.name in _PAYMENT),
        limits=tuple(_limits(results)),
    )


def _split(role: str, split: SplitOut) -> SplitView:
    told = split.contact
    contact = None if told is None else Phrase(told, split.contact_en or told)
    return SplitView(role, split, contact)


def answered(results: Results) -> int:
    """Return the fewest questions that a system answered; fewer than the split has is partial."""
    return min((system.n for system in results.systems), default=results.task.test.n)


def is_partial(results: Results) -> bool:
    """Tell whether the run left out questions, or learning material."""
    left_out = results.run.limit is not None or answered(results) < results.task.test.n
    return left_out or results.run.share is not None


def _marks(results: Results) -> Iterator[tuple[str, Phrase]]:
    if is_partial(results):
        yield "bad", label("mark.partial")
    if results.failures:
        yield "bad", label("mark.failed")
    held_out = results.task.test.held_out
    yield ("good", label("mark.held_out")) if held_out else ("plain", label("mark.seen"))
    if results.task.invented:
        yield "plain", label("mark.invented")


def _mains(results: Results) -> Iterator[MainResult]:
    for name in tables.main_metrics(results):
        metric = results.metrics[name]
        figures = [system.figures[name] for system in results.systems]
        yield MainResult(
            title=tables.metric_title(name, metric),
            direction=label(f"figures.{metric.better}"),
            forest=drawings.forest(figures, metric.unit),
            cells=tables.cells(figures, metric),
        )


def _system(system: SystemOut) -> SystemView:
    return SystemView(
        system=system,
        title=Phrase(system.title, english("systems", system.name, system.title)),
        pace=_pace(system),
        reliability=drawings.square(system.reliability) if system.reliability else None,
        heat=_heat(system) if system.confusion else None,
        histogram=drawings.histogram(system.deviation) if system.deviation else None,
        signs=chart_data.by_sign(system.deviation),
        gallery=selected(system.gallery),
        flows=tuple(_flow(one) for one in system.waterfalls if one.steps),
    )


def _pace(system: SystemOut) -> Pace:
    seconds, n = system.code_seconds, system.n
    learn = system.learn_seconds
    return Pace(
        learn=label("time.none") if learn is None else same(numerals.duration(learn)),
        code=numerals.duration(seconds),
        per_case=numerals.duration(seconds / n if n else None),
        per_second=f"{n / seconds:,.1f}" if seconds > 0 else numerals.NOTHING,
    )


def _heat(system: SystemOut) -> Heat:
    found = chart_data.matrix(system.confusion)
    return Heat(
        matrix=found,
        gold=tuple(tables.mdc_title(code) for code in found.gold),
        given=tuple(tables.mdc_title(code) for code in found.given),
        shades=tuple(tuple(n / (sum(row) or 1) for n in row) for row in found.counts),
    )


def _flow(one: WaterfallOut) -> Flow:
    drawn = drawings.stages(one.steps)
    return Flow(
        title=label(f"waterfall.{one.path}"),
        stages=drawn,
        titles=tuple(tables.step_title(one.path, row.step.kind) for row in drawn.rows),
        weighed=all(step.weight is not None for step in one.steps),
    )


def _limits(results: Results) -> Iterator[Phrase]:
    task, run = results.task, results.run
    if run.limit is not None or answered(results) < task.test.n:
        yield label("limits.partial", n=answered(results), all=task.test.n)
    if run.share is not None:
        yield label("limits.share", share=numerals.shown(run.share, "share"))
    if results.failures:
        yield label("limits.failures", n=len(results.failures))
    yield label("limits.interval", draws=numerals.count(run.draws))
    yield label("limits.overlap")
    if results.comparisons:
        yield label("limits.several", n=len(results.comparisons))
    yield label("limits.held_out") if task.test.held_out else label("limits.seen")
    contact = _split("data.test", task.test).contact
    if contact is not None:
        yield label("limits.contact", contact=contact)
    if task.folds is not None:
        yield label("limits.folds", n=task.folds)
    if any(system.seeds for system in results.systems):
        yield label("limits.seeds")
    if task.invented:
        yield label("limits.invented")
    if task.tariff is not None:
        yield label("limits.payment")

"""Tables of Markdown from one run of an experiment (实验结果的表格)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from zhibian.evaluation.experiments.error_injection import CURVES
from zhibian.evaluation.experiments.learning_curve import CURVE
from zhibian.evaluation.experiments.spec import Cell, RunResult
from zhibian.evaluation.metrics.metric import Unit
from zhibian.evaluation.report.numerals import MINUS, NOTHING, chance, shown
from zhibian.evaluation.results import ComparisonOut, FigureOut, Results, SystemOut
from zhibian.problems import InputError, Problem

T = TypeVar("T")

#: Value, lower and upper bound.
Bounded = tuple[float | None, float | None, float | None]

# Figures of spoilt pages that are no shares.
_YUAN = frozenset({"payment.mean", "payment.absolute"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a run (所求).

    Attributes
    ----------
    words
        Such as system and metric.
    columns
        Heading and key of each column.
    """

    words: Sequence[str]
    columns: Sequence[tuple[str, str]] = ()


def named(found: Mapping[str, T], name: str, field: str) -> T:
    """Return what has a name.

    Raises
    ------
    InputError
        There is nothing of that name; the remedy tells the names.
    """
    if name not in found:
        problem = Problem(
            field, "figure_unknown", f"结果中没有 {name}", f"可用：{'、'.join(map(str, found))}"
        )
        raise InputError("README.md", [problem])
    return found[name]


def one_figure(run: RunResult, asked: Asked) -> str:
    """Return a figure of a system with its interval: words are system and metric."""
    system, metric = asked.words
    results = _results(run)
    return _figure(results, _system(results, system).figures, metric)


def one_difference(run: RunResult, asked: Asked) -> str:
    """Return a system less the reference, with interval: words are system and metric."""
    system, metric = asked.words
    return _difference(_results(run), system, metric)


def figures(run: RunResult, asked: Asked) -> str:
    """Return a table of systems by metrics."""
    results = _results(run)
    return _table(
        ["system", *_headings(asked)],
        (
            [one.name, *(_figure(results, one.figures, key) for _, key in asked.columns)]
            for one in results.systems
        ),
    )


def differences(run: RunResult, asked: Asked) -> str:
    """Return a table of every system less the reference, with p adjusted by Holm."""
    results = _results(run)
    systems = dict.fromkeys(one.ours for one in results.comparisons)
    return _table(
        ["system", *_headings(asked)],
        ([name, *(_tested(results, name, key) for _, key in asked.columns)] for name in systems),
    )


def strata(run: RunResult, asked: Asked) -> str:
    """Return a table of parts by systems: words are partition and metric."""
    partition, metric = asked.words
    results = _results(run)
    parts = {
        heading: named(_system(results, key).strata, partition, "partition")
        for heading, key in asked.columns
    }
    first = next(iter(parts.values()))
    order = sorted(first, key=lambda part: (-first[part].n, part))
    return _table(
        [partition, "n", *parts],
        (
            [
                part,
                str(first[part].n),
                *(_figure(results, held[part].figures, metric) for held in parts.values()),
            ]
            for part in order
        ),
    )


def curve(run: RunResult, asked: Asked) -> str:
    """Return a table of systems by share of what they learned from: the word is the metric."""
    (metric,) = asked.words
    unit = named(_results(run).metrics, metric, "metric").unit
    found: dict[Cell, dict[Cell, str]] = {}
    for row in run.tables[CURVE]:
        if row["metric"] == metric:
            told = _bounded((_real(row["value"]), _real(row["low"]), _real(row["high"])), unit)
            if row["sd_over_seeds"] is not None:
                mean, spread = _real(row["mean_over_seeds"]), _real(row["sd_over_seeds"])
                told = f"{told}; mean {_number(mean, unit)}, sd {_number(spread, unit)}"
            found.setdefault(row["system"], {})[row["share"]] = told
    shares = list(dict.fromkeys(row["share"] for row in run.tables[CURVE]))
    return _table(
        ["system", *(f"{share:.0%}" for share in shares)],
        ([str(system), *(held[share] for share in shares)] for system, held in found.items()),
    )


def errors(run: RunResult, asked: Asked) -> str:
    """Return a table of kinds of error by figures, at one rate: the word is the rate."""
    (rate,) = asked.words
    rows = [row for row in run.tables[CURVES] if row["rate"] == float(rate)]
    return _table(
        ["error", "pages spoilt", *_headings(asked)],
        (
            [
                str(row["error"]),
                shown(_real(row["spoilt"]), "share"),
                *(_of_row(row, key) for _, key in asked.columns),
            ]
            for row in rows
        ),
    )


def _results(run: RunResult) -> Results:
    """Return the results of a run: the only ones, or those of the whole of a curve."""
    return run.results[-1].results


def _system(results: Results, name: str) -> SystemOut:
    return named({one.name: one for one in results.systems}, name, "system")


def _headings(asked: Asked) -> list[str]:
    return [heading for heading, _ in asked.columns]


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _figure(results: Results, found: Mapping[str, FigureOut], metric: str) -> str:
    one = named(found, metric, "metric")
    return _bounded((one.value, one.low, one.high), results.metrics[metric].unit)


def _comparison(results: Results, system: str, metric: str) -> ComparisonOut:
    found = {f"{one.ours} {one.metric}": one for one in results.comparisons}
    return named(found, f"{system} {metric}", "difference")


def _difference(results: Results, system: str, metric: str) -> str:
    one = _comparison(results, system, metric)
    return _bounded((one.difference, one.low, one.high), results.metrics[metric].unit)


def _tested(results: Results, system: str, metric: str) -> str:
    one = _comparison(results, system, metric)
    return f"{_difference(results, system, metric)}, p {chance(one.p_holm)}"


def _of_row(row: Mapping[str, Cell], key: str) -> str:
    named(row, key, "figure")
    found = (_real(row[key]), _real(row[f"{key}.low"]), _real(row[f"{key}.high"]))
    return _bounded(found, "yuan" if key in _YUAN else "share")


def _real(cell: Cell) -> float | None:
    return None if cell is None else float(cell)


def _bounded(found: Bounded, unit: Unit) -> str:
    """Return a value with its interval, as papers write it."""
    value, low, high = (_number(one, unit) for one in found)
    if NOTHING in {low, high}:
        return value
    between = " to " if MINUS in low + high else "–"
    return f"{value} ({low}{between}{high})"


def _number(value: float | None, unit: Unit) -> str:
    """Return a number; shares lie between 0 and 1, not in percent."""
    return shown(value, "distance" if unit == "share" else unit)

"""Results of several runs beside each other (评测结果比较): same task, same data, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.evaluation.measured import comparison_out, holm
from zhibian.evaluation.metrics.metric import Difference, Metric, differences
from zhibian.evaluation.results import ComparisonOut, Results, SystemOut
from zhibian.evaluation.results_file import OUTCOMES, read_outcomes
from zhibian.evaluation.tasks.kind import KindOfTask
from zhibian.problems import InputError, Problem

#: Id of a question → its record and what a system did on it.
Outcomes = Mapping[str, tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Compared:
    """Systems of several runs as one result (合并后的结果).

    Attributes
    ----------
    results
        All systems, those of one name told apart by the run they come from; comparisons are with
        the reference.
    tested
        Whether the comparisons were tested record by record. If not, only differences are told:
        whether intervals overlap doesn't say whether two systems differ.
    """

    results: Results
    tested: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """One system of one run: its name in the run, its figures, the file it comes from."""

    name: str
    system: SystemOut
    path: Path


def compare(
    runs: Sequence[tuple[Path, Results]], kind: KindOfTask, reference: str | None
) -> Compared:
    """Put the systems of several runs beside each other.

    Parameters
    ----------
    runs
        Results with the files they come from, at least two.
    kind
        Reads outcomes and knows the metrics.
    reference
        Name of the system that the others are compared with; the first one when None.

    Raises
    ------
    InputError
        The runs are of different tasks, versions or data, or only a part was run; every
        difference is named. Or there is no such reference.
    """
    refuse_different(runs)
    first = runs[0][1]
    entries = _entries(runs)
    names = [entry.system.name for entry in entries]
    base = reference or names[0]
    if base not in names:
        message, remedy = f"没有系统 {base}", f"从 {'、'.join(names)} 中选一个"
        raise InputError("compare", [Problem("reference", "reference_unknown", message, remedy)])
    common = [name for name in first.metrics if all(name in run.metrics for _, run in runs)]
    compared = {row.metric for _, run in runs for row in run.comparisons}
    main = [name for name in common if name in compared] or common[:1]
    outcomes = _outcomes(entries, kind)
    rows = (
        _differences(entries, base, main)
        if outcomes is None
        else _tested(outcomes, base, [m for m in kind.metrics if m.name in main], first)
    )
    merged = first.model_copy(
        update={
            "metrics": {name: first.metrics[name] for name in common},
            "systems": tuple(entry.system for entry in entries),
            "comparisons": tuple(rows),
            "failures": (),
        }
    )
    return Compared(merged, tested=outcomes is not None)


def refuse_different(runs: Sequence[tuple[Path, Results]]) -> None:
    """Refuse runs whose figures can't be compared.

    Raises
    ------
    InputError
        Every difference from the first run, by file.
    """
    first = runs[0][1]
    problems = [
        Problem(
            str(path.name if path.is_file() else path),
            "not_comparable",
            f"{title}不同：{ours} 与 {theirs}",
            "用同一任务、同一版本、同一批数据重新运行",
        )
        for path, run in runs[1:]
        for title, ours, theirs in _told_apart(first, run)
    ]
    problems += [
        Problem(
            str(path),
            "partial",
            f"只取了前 {run.run.limit} 例，是试运行",
            "去掉 --limit 重新运行",
        )
        for path, run in runs
        if run.run.limit is not None
    ]
    if problems:
        raise InputError("compare", problems)


def _told_apart(one: Results, other: Results) -> list[tuple[str, str, str]]:
    pairs = [
        ("任务", one.task.id, other.task.id),
        ("任务版本", str(one.task.version), str(other.task.version)),
        ("数据集", one.task.test.dataset, other.task.test.dataset),
        ("数据校验和", one.task.test.checksum[:16], other.task.test.checksum[:16]),
        *_gold_apart(one, other),
        ("分组方案", str(one.task.scheme), str(other.task.scheme)),
        ("支付标准", str(one.task.tariff), str(other.task.tariff)),
    ]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _gold_apart(one: Results, other: Results) -> list[tuple[str, str, str]]:
    """Return the checksums of gold, where both results tell them: the words may be the same."""
    ours, theirs = one.task.test.gold_checksum, other.task.test.gold_checksum
    return [("金标准校验和", ours[:16], theirs[:16])] if ours and theirs else []


def _entries(runs: Sequence[tuple[Path, Results]]) -> list[_Entry]:
    """Return all systems; a name that several runs have is told apart by folder or number."""
    every = [system.name for _, run in runs for system in run.systems]
    labels = _labels([path for path, _ in runs])
    return [
        _Entry(
            system.name,
            system
            if every.count(system.name) == 1
            else system.model_copy(update={"name": f"{system.name}@{label}"}),
            path,
        )
        for label, (path, run) in zip(labels, runs, strict=True)
        for system in run.systems
    ]


def _labels(paths: Sequence[Path]) -> list[str]:
    names = [path.name if path.is_dir() else path.resolve().parent.name for path in paths]
    if len(set(names)) == len(names):
        return names
    return [str(number) for number in range(1, len(paths) + 1)]


def _outcomes(entries: Sequence[_Entry], kind: KindOfTask) -> dict[str, Outcomes] | None:
    """Return the outcomes of every system by its name here; None where a run has none."""
    read: dict[Path, Mapping[str, Outcomes]] = {}
    found = {}
    for entry in entries:
        folder = entry.path if entry.path.is_dir() else entry.path.parent
        file = folder / OUTCOMES
        if file not in read:
            if not file.is_file():
                return None
            read[file] = read_outcomes(file, kind.outcome)
        if entry.name not in read[file]:
            return None
        found[entry.system.name] = read[file][entry.name]
    return found


def _differences(entries: Sequence[_Entry], base: str, names: Sequence[str]) -> list[ComparisonOut]:
    figures = {entry.system.name: entry.system.figures for entry in entries}
    rows = []
    for name, own in figures.items():
        for metric in names if name != base else ():
            ours, theirs = own[metric].value, figures[base][metric].value
            gap = None if ours is None or theirs is None else round(ours - theirs, 6)
            rows.append(
                ComparisonOut(
                    metric=metric,
                    ours=name,
                    other=base,
                    difference=gap,
                    low=None,
                    high=None,
                    p=None,
                )
            )
    return rows


def _tested(
    outcomes: Mapping[str, Outcomes], base: str, metrics: Sequence[Metric[Any]], first: Results
) -> list[ComparisonOut]:
    """Return paired tests; p is adjusted over all of them."""
    theirs = outcomes[base]
    found: list[tuple[str, str, Difference]] = []
    for name, ours in outcomes.items():
        if name == base:
            continue
        _refuse_other_questions(ours, theirs, name)
        gaps = differences(
            metrics,
            [ours[id][1] for id in theirs],
            [one for _, one in theirs.values()],
            [record for record, _ in theirs.values()],
            seed=first.run.seed,
            draws=first.run.draws,
        )
        found += [(name, metric.name, gaps[metric.name]) for metric in metrics]
    adjusted = holm([gap.p for _, _, gap in found])
    return [
        comparison_out(metric, (name, base), gap, p)
        for (name, metric, gap), p in zip(found, adjusted, strict=True)
    ]


def _refuse_other_questions(ours: Outcomes, theirs: Outcomes, name: str) -> None:
    if ours.keys() != theirs.keys():
        message = f"{name} 的逐例结果不是同一批问题"
        problem = Problem(OUTCOMES, "other_questions", message, "重新运行并加 --outcomes")
        raise InputError(name, [problem])

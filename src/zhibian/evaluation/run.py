"""Run a task (评测运行): systems learn and answer, answers are scored, figures are computed.

The runner knows nothing of codes, spans or groups: that is what a kind of task is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zhibian.evaluation.answering import (
    AskedSystem,
    SystemFailedError,
    Taking,
    Watch,
    answer,
    make,
)
from zhibian.evaluation.coders.interface import Coder
from zhibian.evaluation.examples import Example
from zhibian.evaluation.kept import Answered, Kept
from zhibian.evaluation.measured import (
    Measured,
    Measuring,
    chosen_metrics,
    comparisons,
    metrics_out,
    system_out,
)
from zhibian.evaluation.provenance import checksum_of, run_out, task_out
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.results import FailureOut, Results, RunOut
from zhibian.evaluation.rounds import LoadedTask, Round, rounds_of
from zhibian.evaluation.tasks.kind import KindOfTask, Scorer
from zhibian.problems import InputError, Problem

DRAWS = 2000
SEED = 20261201


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What is run and how (运行方案).

    Attributes
    ----------
    systems
        In the order of tables; names differ.
    seeds
        Of learning systems, the first one told in full; others run once.
    seed, draws
        Of the bootstrap and the permutations.
    reference
        Name of the system that the others are compared with; the first when None.
    limit
        Only the first questions of the test part: for trying out, never comparable.
    share
        Share of the fit part that may be learned from; None: all.
    resume
        Whether finished rounds of a stopped run are taken over.
    command
        As typed, without paths of the machine.
    """

    systems: tuple[AskedSystem, ...]
    seeds: tuple[int, ...] = (1,)
    seed: int = SEED
    draws: int = DRAWS
    reference: str | None = None
    limit: int | None = None
    share: float | None = None
    resume: bool = False
    command: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run leaves (运行产出): the published results, and what each system did by question."""

    results: Results
    measured: tuple[Measured, ...]


def run(
    task: LoadedTask, kind: KindOfTask, plan: RunPlan, resources: Resources, watch: Watch
) -> Finished:
    """Run a task.

    Parameters
    ----------
    task
        With its questions.
    kind
        How answers are scored.
    plan
        Systems, seeds, resampling.
    resources
        What systems and scorers are made with.
    watch
        Told of every answer and of what a person should know.

    Returns
    -------
    Finished
        A system that failed is told among the failures; the others are measured all the same.

    Raises
    ------
    InputError
        The plan or the task can't be used: overlap of test and learning, unknown metrics, names
        used twice.
    """
    refuse_plan(plan)
    limited = _limited(task, plan.limit)
    rounds = rounds_of(limited.parts, task.spec.protocol, share=plan.share)
    scorer = kind.scorer(task.spec, resources)
    metrics, main = chosen_metrics(task.spec, scorer.metrics)
    how = Measuring(metrics, main, task.spec.strata, plan.seed, plan.draws)
    scorers = [scorer.knowing(round_.fit) for round_ in rounds]
    bench = _Bench(
        limited, kind, plan, resources, rounds, scorers, _taking(task, kind, plan, resources, watch)
    )
    measured: list[list[Measured]] = []
    failures: list[FailureOut] = []
    for asked in plan.systems:
        try:
            measured.append(bench.measure(asked))
        except SystemFailedError as failed:
            failures.append(failed.failure)
            watch.tell(f"{asked.name} 未完成：{failed.failure.error}")
    firsts = [runs[0] for runs in measured]
    reference = plan.reference or plan.systems[0].name
    comparable = any(m.name == reference for m in firsts)
    results = Results(
        task=task_out(limited),
        run=_run_out(plan, limited, task, resources),
        metrics=metrics_out(metrics),
        systems=tuple(system_out(runs, how) for runs in measured),
        comparisons=tuple(comparisons(firsts, reference, how)) if comparable else (),
        failures=tuple(failures),
    )
    if not failures:
        bench.forget()
    return Finished(results, tuple(firsts))


def refuse_plan(plan: RunPlan) -> None:
    """Refuse a plan without systems or seeds, with a name used twice, or an unknown reference.

    Raises
    ------
    InputError
        Everything that is wrong.
    """
    names = [asked.name for asked in plan.systems]
    problems = []
    if not names:
        problems.append(Problem("system", "system_missing", "没有要评测的系统", "用 --system 指定"))
    if not plan.seeds:
        problems.append(Problem("seeds", "seed_missing", "没有随机种子", "用 --seeds 1,2,3 指定"))
    problems += [
        Problem("system", "system_twice", f"系统名 {name} 用了两次", "给其中一个另起名字")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if plan.reference is not None and plan.reference not in names:
        message = f"对照系统 {plan.reference} 不在所评系统中"
        remedy = f"从 {'、'.join(names)} 中选一个"
        problems.append(Problem("reference", "reference_unknown", message, remedy))
    if problems:
        raise InputError("run", problems)


@dataclass(frozen=True, slots=True)
class _Bench:
    """What every system of a run is measured with."""

    task: LoadedTask
    kind: KindOfTask
    plan: RunPlan
    resources: Resources
    rounds: Sequence[Round]
    scorers: Sequence[Scorer]
    taking: Taking

    def measure(self, asked: AskedSystem) -> list[Measured]:
        """Return the results of one system, one a seed."""
        made = make(asked, self.task.spec, self.resources)
        seeds = self.plan.seeds if made.info.learns else self.plan.seeds[:1]
        found = [self._under_seed(asked, made, seed) for seed in seeds]
        # Repetitions that there is no need for count as done.
        self.taking.watch.step((len(self.plan.seeds) - len(seeds)) * len(found[0].examples))
        return found

    def _under_seed(self, asked: AskedSystem, made: Coder[Any, Any], seed: int) -> Measured:
        answered = answer(asked, made, self.rounds, seed, self.taking)
        try:
            return self._scored(asked, made, seed, answered)
        except Exception as cause:
            raise SystemFailedError(asked.name, "score", cause) from cause

    def _scored(
        self, asked: AskedSystem, made: Coder[Any, Any], seed: int, answered: Sequence[Answered]
    ) -> Measured:
        examples: list[Example[Any, Any]] = []
        answers: list[Any] = []
        outcomes: list[Any] = []
        strata: list[Mapping[str, str]] = []
        for round_, scorer, given in zip(self.rounds, self.scorers, answered, strict=True):
            for example, one in zip(round_.test, given.answers, strict=True):
                outcome = scorer.outcome(example, one)
                examples.append(example)
                answers.append(one)
                outcomes.append(outcome)
                strata.append(scorer.strata(example, outcome))
        details = self.scorers[0].details(examples, answers, outcomes, invented=self.task.quotable)
        return Measured(
            name=asked.name,
            info=replace(made.info, notes=_notes(answered)),
            seed=seed,
            examples=examples,
            outcomes=outcomes,
            strata=strata,
            learn_seconds=sum(given.learn_seconds for given in answered),
            code_seconds=sum(given.code_seconds for given in answered),
            details=details,
        )

    def forget(self) -> None:
        """Drop kept answers: only a run that did not end is taken up again."""
        if self.taking.kept is not None:
            for key in self.taking.used:
                self.taking.kept.drop(key)


def _notes(answered: Sequence[Answered]) -> dict[str, str]:
    """Return what was told in all rounds; rounds that tell otherwise stand side by side."""
    told: dict[str, dict[str, None]] = {}
    for given in answered:
        for name, note in given.notes.items():
            told.setdefault(name, {})[note] = None
    return {name: "；".join(notes) for name, notes in told.items()}


def _limited(task: LoadedTask, limit: int | None) -> LoadedTask:
    """Return the task with the first questions of its test part; the checksum is theirs then."""
    if limit is None or limit >= len(task.parts.test):
        return task
    test = task.parts.test[:limit]
    return replace(task, parts=replace(task.parts, test=test, checksum=checksum_of(test)))


def _taking(
    task: LoadedTask, kind: KindOfTask, plan: RunPlan, resources: Resources, watch: Watch
) -> Taking:
    home = resources.work
    keeps = home is not None and kind.answer is not None
    return Taking(
        task={"id": task.spec.id, "version": task.spec.version, "data": task.parts.checksum},
        kept=Kept(home / "answers", kind.answer) if home is not None and keeps else None,
        resume=plan.resume,
        work=None if home is None else home / "learning" / task.spec.id,
        watch=watch,
    )


def _run_out(plan: RunPlan, ran: LoadedTask, whole: LoadedTask, resources: Resources) -> RunOut:
    asked = {
        "seed": plan.seed,
        "draws": plan.draws,
        "seeds": plan.seeds,
        "limit": None if ran is whole else plan.limit,
        "share": plan.share,
    }
    return run_out(asked, command=plan.command, spec=whole.spec, rules=resources.rules)

"""Let one system learn and answer, round by round (学习与作答): timed, kept where it stops."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from zhibian.evaluation.coders.interface import Coder, CoderInfo, LearningSet
from zhibian.evaluation.kept import Answered, Kept, key_of
from zhibian.evaluation.results import FailureOut
from zhibian.evaluation.rounds import Round
from zhibian.evaluation.tasks.kind import CoderFactory
from zhibian.problems import InputError

Step = Literal["make", "learn", "code", "score"]
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class AskedSystem:
    """A system that is to be measured (待测系统).

    Attributes
    ----------
    name
        Name in tables: two settings of one system have two names.
    factory
        Makes it.
    parameters
        Its settings, as they stand in the configuration.
    """

    name: str
    factory: CoderFactory
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far a run is (进度): answers given, and sentences in Chinese."""

    step: Callable[[int], None]
    tell: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Taking:
    """How rounds are answered (作答方式).

    Attributes
    ----------
    task
        What names task and data in the key of kept answers.
    kept
        Folder of finished rounds; None keeps nothing.
    resume
        Whether finished rounds of an earlier run are taken over.
    work
        Folder for checkpoints of learning; None keeps nothing.
    watch
        Who is told.
    used
        Keys of the rounds that this run kept or took over, filled while it lasts.
    """

    task: Mapping[str, Any]
    kept: Kept | None
    resume: bool
    work: Path | None
    watch: Watch
    used: list[str] = field(default_factory=list)


class SystemFailedError(Exception):
    """A system gave no result: which one, at what step, and the kind of error.

    The message of a foreign error may quote a record, so that only its name and place are told.
    """

    def __init__(self, system: str, step: Step, cause: Exception) -> None:
        self.failure = FailureOut(system=system, step=step, error=_told(cause))
        super().__init__(f"{system}: {step}")


def answer(
    asked: AskedSystem, made: Coder[Any, Any], rounds: Sequence[Round], seed: int, taking: Taking
) -> tuple[Answered, ...]:
    """Return the answers of one system in every round.

    Parameters
    ----------
    asked, made
        The system as asked for, and as its factory made it.
    rounds
        What is learned from and answered.
    seed
        Of all random choices of learning.
    taking
        How.

    Raises
    ------
    SystemFailedError
        Learning or answering failed; finished rounds stay kept.
    """
    found = []
    for round_ in rounds:
        key = round_key(asked, made.info, round_, seed, taking.task)
        taking.used.append(key)
        kept = taking.kept.get(key, len(round_.test)) if taking.kept and taking.resume else None
        if kept is not None:
            taking.watch.tell(f"{asked.name}：第 {round_.number} 轮沿用上次中断前的作答")
            taking.watch.step(len(round_.test))
        else:
            kept = _answer_round(asked, made, round_, seed, taking)
            if taking.kept is not None:
                taking.kept.put(key, kept)
        found.append(kept)
    return tuple(found)


def round_key(
    asked: AskedSystem, info: CoderInfo, round_: Round, seed: int, task: Mapping[str, Any]
) -> str:
    """Return the name under which the answers of a round are kept."""
    return key_of(
        {
            "task": task,
            "system": info.name,
            "asked": dict(asked.parameters),
            "parameters": dict(info.parameters),
            "versions": dict(info.versions),
            "seed": seed if info.learns else None,
        },
        [e.digest for e in (*round_.fit, *round_.tune, *round_.test)],
    )


def make(asked: AskedSystem, task: Any, resources: Any) -> Coder[Any, Any]:
    """Return the system, ready to learn.

    Raises
    ------
    SystemFailedError
        Its parameters are wrong or something it needs is absent.
    """
    try:
        return asked.factory(asked.parameters, task, resources)
    except Exception as cause:
        raise SystemFailedError(asked.name, "make", cause) from cause


def _answer_round(
    asked: AskedSystem, made: Coder[Any, Any], round_: Round, seed: int, taking: Taking
) -> Answered:
    started = time.perf_counter()
    try:
        ready = made.learn(
            LearningSet(round_.fit, round_.tune, seed, _work(asked, round_, seed, taking))
        )
    except Exception as cause:
        raise SystemFailedError(asked.name, "learn", cause) from cause
    learned = time.perf_counter()
    try:
        questions = [example.question for example in round_.test]
        answers = tuple(_counted(ready.code(questions), len(questions), taking.watch))
    except Exception as cause:
        raise SystemFailedError(asked.name, "code", cause) from cause
    finished = time.perf_counter()
    return Answered(answers, learned - started, finished - learned, dict(ready.info.notes))


def _counted(answers: Iterator[Any], wanted: int, watch: Watch) -> Iterator[Any]:
    count = 0
    for given in answers:
        count += 1
        watch.step(1)
        yield given
    if count != wanted:
        raise AnswersMissingError(f"{count} of {wanted}")


class AnswersMissingError(Exception):
    """A system gave fewer or more answers than there were questions."""


def _work(asked: AskedSystem, round_: Round, seed: int, taking: Taking) -> Path | None:
    if taking.work is None:
        return None
    return taking.work / _UNSAFE.sub("_", asked.name) / f"seed-{seed}" / f"round-{round_.number}"


def _told(cause: Exception) -> str:
    if isinstance(cause, InputError):
        return "；".join(problem.render() for problem in cause.problems)
    if isinstance(cause, AnswersMissingError):
        return f"AnswersMissingError: {cause}"
    frames = traceback.extract_tb(cause.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(cause).__name__}{place}"

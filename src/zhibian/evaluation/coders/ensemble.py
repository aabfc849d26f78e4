"""Several systems that vote (多系统集成).

The principal diagnosis is the one with the most votes, each vote being the weight of a system times
its confidence. Another code is taken when its mean confidence over the systems, each calibrated,
passes a cut. Weights, calibration and cuts are chosen on the tuning part of the task, or else on a
quarter of its fit part, with members that have not learned from it. Where there is neither, all
systems weigh the same, confidences are taken as told, and a code is taken that half of the votes
speak for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field

from zhibian.evaluation.coders.ensemble_choices import Choices, chosen, equal, vote
from zhibian.evaluation.coders.gold_codes import gold_pages
from zhibian.evaluation.coders.interface import (
    CodedPage,
    Coder,
    CoderInfo,
    LearningSet,
    RecordQuestion,
)
from zhibian.evaluation.coders.learning import fit_and_tune
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem

NAME, TITLE = "ensemble", "多系统集成"

RecordCoder = Coder[RecordQuestion, CodedPage]


class EnsembleParameters(Parameters):
    """Settings (参数)."""

    members: tuple[str, ...] = Field(
        default=("pipeline", "tfidf-lr"), min_length=2, description="Systems by name 成员"
    )
    parameters: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Settings of members, by name 成员参数"
    )
    weights: tuple[float, ...] | None = Field(
        default=None, description="Weights of the members, in order; null: chosen, or equal"
    )


@dataclass(frozen=True, slots=True)
class EnsembleCoder:
    """Codes records by the vote of several systems (集成).

    Attributes
    ----------
    members
        The systems, which have learned when this one has.
    parameters
        Settings.
    choices
        Weights, curves, cuts.
    """

    members: tuple[RecordCoder, ...]
    parameters: EnsembleParameters
    choices: Choices

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know, of the members too."""
        infos = [member.info for member in self.members]
        return CoderInfo(
            NAME,
            TITLE,
            learns=any(info.learns for info in infos),
            versions={
                f"{info.name}.{key}": value
                for info in infos
                for key, value in info.versions.items()
            },
            parameters={
                "members": [info.name for info in infos],
                "parameters": {info.name: dict(info.parameters) for info in infos},
                "weights": None
                if self.parameters.weights is None
                else list(self.parameters.weights),
            },
            notes={
                f"{info.name}：{key}": value for info in infos for key, value in info.notes.items()
            },
        )

    def learn(self, material: LearningSet) -> EnsembleCoder:
        """Return the system with members that have learned, weighed by what they got right.

        Weights, curves and cuts are chosen by members that have not seen the records to choose
        by. Where those are a part of the fit part, the members learn again from all of it.
        """
        if not (material.fit or material.tune):
            return self
        fit, tune = fit_and_tune(material)
        trial = self._learned(material if material.tune else LearningSet(fit, (), material.seed))
        questions = [example.question for example in tune]
        given = [tuple(member.code(questions)) for member in trial]
        members = trial if material.tune else self._learned(material)
        return replace(
            self,
            members=members,
            choices=chosen(given, gold_pages(tune), self.parameters.weights),
        )

    def _learned(self, material: LearningSet) -> tuple[RecordCoder, ...]:
        return tuple(
            member.learn(_own(material, place)) for place, member in enumerate(self.members)
        )

    def code(self, questions: Sequence[RecordQuestion]) -> Iterator[CodedPage]:
        """Yield one page a record; its time is that of all members and of the vote."""
        for question in questions:
            started = time.perf_counter()
            pages = [next(iter(member.code([question]))) for member in self.members]
            page = vote(pages, self.choices)
            yield replace(page, seconds=time.perf_counter() - started)


def _own(material: LearningSet, place: int) -> LearningSet:
    """Give every member a folder of its own."""
    work = None if material.work is None else material.work / f"member-{place + 1}"
    return replace(material, work=work)


def ensemble_of(known: Mapping[str, RegisteredCoder[Any]]) -> RegisteredCoder[EnsembleParameters]:
    """Return the factory of ensembles of some systems, by name."""

    def make(given: EnsembleParameters, task: TaskSpec, resources: Resources) -> EnsembleCoder:
        _refuse(given, known)
        members = tuple(
            known[name](given.parameters.get(name, {}), task, resources) for name in given.members
        )
        return EnsembleCoder(members, given, equal(len(members), given.weights))

    return RegisteredCoder(NAME, TITLE, EnsembleParameters, make)


def _refuse(given: EnsembleParameters, known: Mapping[str, Any]) -> None:
    usable = "、".join(known)
    problems = [
        Problem("ensemble.members", "member_unknown", f"没有系统 {name}", f"可选：{usable}")
        for name in given.members
        if name not in known
    ]
    problems += [
        Problem(
            "ensemble.parameters",
            "member_not_named",
            f"{name} 不在成员中，却给了参数",
            "在 members 中写上它，或去掉这些参数",
        )
        for name in given.parameters
        if name not in given.members
    ]
    if given.weights is not None and (
        len(given.weights) != len(given.members)
        or min(given.weights) < 0
        or sum(given.weights) <= 0
    ):
        message = "权重须与成员一一对应，不小于 0，且不全为 0"
        problems.append(
            Problem("ensemble.weights", "weights_invalid", message, "按成员顺序给出权重")
        )
    if problems:
        raise InputError(NAME, problems)

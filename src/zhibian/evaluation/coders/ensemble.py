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

import numpy as np
from pydantic import Field
from sklearn.isotonic import IsotonicRegression

from zhibian.evaluation.coders.cuts import best_cut
from zhibian.evaluation.coders.gold_codes import GoldPage, gold_pages
from zhibian.evaluation.coders.interface import (
    CodedLine,
    CodedPage,
    Coder,
    CoderInfo,
    LearningSet,
    RecordQuestion,
)
from zhibian.evaluation.coders.learning import fit_and_tune
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.coders.votes import (
    diagnoses_of,
    principal_vote,
    procedures_of,
    ranked,
    voted,
)
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem

NAME, TITLE = "ensemble", "多系统集成"
_HALF = 0.5
# A cut on a curve of fewer points says more of chance than of a system.
_FEWEST_POINTS = 20

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
class Curve:
    """Calibrated confidence of one system (校准曲线): told confidence to the share of right codes.

    Attributes
    ----------
    told, right
        Points, rising; without points confidences stay as told.
    """

    told: tuple[float, ...] = ()
    right: tuple[float, ...] = ()

    def line(self, line: CodedLine) -> CodedLine:
        """Return a line with calibrated confidence; one without confidence counts as certain."""
        if not self.told:
            return line
        confidence = 1.0 if line.confidence is None else line.confidence
        return replace(line, confidence=float(np.interp(confidence, self.told, self.right)))


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen on the tuning part (调参所得).

    Attributes
    ----------
    weights
        Of the members.
    others, procedures
        Curves of the members.
    others_cut, procedures_cut
        Mean confidence from which a code is taken.
    """

    weights: tuple[float, ...]
    others: tuple[Curve, ...]
    procedures: tuple[Curve, ...]
    others_cut: float = _HALF
    procedures_cut: float = _HALF


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


def vote(pages: Sequence[CodedPage], choices: Choices) -> CodedPage:
    """Return one page out of the pages of all members."""
    weights = choices.weights
    principal = principal_vote(pages, weights)
    others = _calibrated([page.others for page in pages], choices.others)
    procedures = _calibrated([page.procedures for page in pages], choices.procedures)
    first = None if principal is None else principal.code
    return CodedPage(
        principal=principal,
        others=tuple(
            line
            for line in voted(others, weights)
            if line.code != first and (line.confidence or 0.0) >= choices.others_cut
        ),
        procedures=tuple(
            line
            for line in voted(procedures, weights)
            if (line.confidence or 0.0) >= choices.procedures_cut
        ),
        ranked_diagnoses=ranked([diagnoses_of(page) for page in pages], weights),
        ranked_procedures=ranked([procedures_of(page) for page in pages], weights),
    )


def equal(members: int, weights: tuple[float, ...] | None = None) -> Choices:
    """Return what stands without a tuning part: equal weights, confidences as told."""
    plain = tuple(Curve() for _ in range(members))
    return Choices(weights or (1.0,) * members, plain, plain)


def chosen(
    given: Sequence[Sequence[CodedPage]],
    gold: Sequence[GoldPage],
    weights: tuple[float, ...] | None,
) -> Choices:
    """Return weights, curves and cuts by the pages of all members on the tuning part.

    Parameters
    ----------
    given
        Pages of every member, in the order of the questions.
    gold
        What is right.
    weights
        Where they are settled already; else a member weighs its share of right principal diagnoses.
    """
    others = [[page.others for page in pages] for pages in given]
    procedures = [[page.procedures for page in pages] for pages in given]
    first = Choices(
        weights or tuple(_principal_right(pages, gold) for pages in given),
        tuple(_curve(lines, [page.others for page in gold]) for lines in others),
        tuple(_curve(lines, [page.procedures for page in gold]) for lines in procedures),
    )
    if not any(first.weights):
        first = replace(first, weights=(1.0,) * len(given))
    return replace(
        first,
        others_cut=_cut(others, first.others, first.weights, [page.others for page in gold]),
        procedures_cut=_cut(
            procedures, first.procedures, first.weights, [page.procedures for page in gold]
        ),
    )


def _own(material: LearningSet, place: int) -> LearningSet:
    """Give every member a folder of its own."""
    work = None if material.work is None else material.work / f"member-{place + 1}"
    return replace(material, work=work)


def _calibrated(
    given: Sequence[Sequence[CodedLine]], curves: Sequence[Curve]
) -> list[list[CodedLine]]:
    return [
        [curve.line(line) for line in lines] for lines, curve in zip(given, curves, strict=True)
    ]


def _principal_right(pages: Sequence[CodedPage], gold: Sequence[GoldPage]) -> float:
    right = sum(
        page.principal is not None and page.principal.code == own.principal
        for page, own in zip(pages, gold, strict=True)
    )
    return right / len(gold)


def _curve(lines: Sequence[Sequence[CodedLine]], filed: Sequence[Sequence[str]]) -> Curve:
    """Return a rising curve (isotonic regression); none of too few points."""
    pairs = [
        (1.0 if line.confidence is None else line.confidence, line.code in codes)
        for record, codes in zip(lines, filed, strict=True)
        for line in record
    ]
    if len(pairs) < _FEWEST_POINTS:
        return Curve()
    told = [confidence for confidence, _ in pairs]
    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    model.fit(told, [float(right) for _, right in pairs])
    return Curve(
        tuple(float(x) for x in model.X_thresholds_), tuple(float(y) for y in model.y_thresholds_)
    )


def _cut(
    given: Sequence[Sequence[Sequence[CodedLine]]],
    curves: Sequence[Curve],
    weights: Sequence[float],
    filed: Sequence[Sequence[str]],
) -> float:
    pairs = [
        (line.confidence or 0.0, line.code in codes)
        for record, codes in zip(zip(*given, strict=True), filed, strict=True)
        for line in voted(_calibrated(record, curves), weights)
    ]
    return best_cut(
        np.array([confidence for confidence, _ in pairs], np.float64),
        np.array([right for _, right in pairs], bool),
        sum(map(len, filed)),
    )


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

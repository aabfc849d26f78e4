"""Fit the calibration of confidence (置信度校准的拟合) on records with gold codes.

The records must be ones that no rule was written for: on records that rules were tuned on, every
proposal looks surer than it is on the next record.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from zhibian.coding.coder import CodingKnowledge, propose
from zhibian.coding.confidence import (
    FEATURES,
    ROLES,
    ConfidenceCurve,
    Role,
    features,
    on_curve,
)
from zhibian.coding.types import Proposal, ProposedDiagnosis, ProposedProcedure
from zhibian.documents.types import Reading
from zhibian.evaluation.figures import calibration_error, interval
from zhibian.evaluation.matching import (
    Match,
    other_matches,
    principal_match,
    procedure_matches,
)
from zhibian.problems import InputError, Problem
from zhibian.records.case_json import ReadCase
from zhibian.records.types import Case
from zhibian.review.pipeline import review
from zhibian.review.reviewer import Reviewer

# Strength of the pull towards no weight at all: the records are few.
_PULL = 1.0
_LEAST_PROPOSALS = 20


@dataclass(frozen=True, slots=True)
class Trial:
    """One proposal of a case with its features, and whether it is right (校准样本)."""

    case: int
    role: Role
    features: tuple[float, ...]
    right: bool


def trials(
    cases: Iterable[tuple[ReadCase, Mapping[str, Any]]], reviewer: Reviewer
) -> tuple[Trial, ...]:
    """Return every proposal of some records that counts.

    Parameters
    ----------
    cases
        Records with their gold blocks.
    reviewer
        What they are coded with.
    """
    found: list[Trial] = []
    for number, (read, gold) in enumerate(cases):
        kept: list[Proposal] = []

        def proposer(
            case: Case, reading: Reading, knowledge: CodingKnowledge, kept: list[Proposal] = kept
        ) -> Proposal:
            kept.append(propose(case, reading, knowledge))
            return kept[-1]

        report = review(read, reviewer, proposer)
        proposal = kept[0]
        principal = principal_match(report.principal, gold)
        first = [proposal.principal] if proposal.principal else []
        found += _trials(number, "principal", first, [principal] if principal else [])
        found += _trials(number, "other", proposal.others, other_matches(report.others, gold))
        found += _trials(
            number, "procedure", proposal.procedures, procedure_matches(report.procedures, gold)
        )
    return tuple(found)


def _trials(
    case: int,
    role: Role,
    entries: Sequence[ProposedDiagnosis] | Sequence[ProposedProcedure],
    matches: Sequence[Match[Any]],
) -> list[Trial]:
    by_code = {entry.code: features(entry) for entry in entries}
    return [
        Trial(case, role, by_code[match.entry.code], match.gold is not None)
        for match in matches
        if match.counts
    ]


def fit(found: Sequence[Trial]) -> dict[Role, dict[str, float]]:
    """Return the curve of every role as a mapping of its numbers.

    Raises
    ------
    InputError
        A role has too few proposals, or they are all right or all wrong.
    """
    problems = [
        Problem(
            role,
            "too_few_proposals",
            "可供拟合的建议编码过少或没有对错之分",
            "提供更多带 gold 的病例",
        )
        for role in ROLES
        if not _enough([t for t in found if t.role == role])
    ]
    if problems:
        raise InputError("confidence", problems)
    return {role: _fit([t for t in found if t.role == role]) for role in ROLES}


def cross_fitted(found: Sequence[Trial], folds: int, seed: int, draws: int) -> dict[str, Any]:
    """Return the calibration error of curves on records that they were not fitted on.

    Parameters
    ----------
    found
        From :func:`trials`.
    folds, seed
        Number of parts into which the cases are dealt, and the seed of the dealing.
    draws
        Resamples of the 95 % percentile bootstrap over cases.

    Raises
    ------
    InputError
        A part leaves too few proposals to fit on.
    """
    dice = random.Random(seed)
    cases = sorted({trial.case for trial in found})
    dice.shuffle(cases)
    told: dict[int, list[tuple[float, bool]]] = {case: [] for case in cases}
    for fold in range(folds):
        aside = set(cases[fold::folds])
        curves = {
            role: ConfidenceCurve(numbers["intercept"], tuple(numbers[f] for f in FEATURES))
            for role, numbers in fit([t for t in found if t.case not in aside]).items()
        }
        for trial in (t for t in found if t.case in aside):
            claimed = on_curve(trial.features, curves[trial.role])
            told[trial.case].append((claimed, trial.right))

    def error(some: Sequence[int]) -> float:
        return calibration_error([chance for case in some for chance in told[case]])

    low, high = interval(error(dice.choices(cases, k=len(cases))) for _ in range(draws))
    figures = {"calibration_error": error(cases), "low": low, "high": high}
    return {"folds": folds, **{name: round(value, 3) for name, value in figures.items()}}


def as_file(
    curves: Mapping[Role, Mapping[str, float]],
    abstain_below: float,
    found: Sequence[Trial],
    cases: int,
    pattern: str,
    cross_validation: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the content of rules/coding/confidence.yaml, with where its numbers come from."""
    return {
        "version": 1,
        "fitted_on": {
            "records": pattern,
            "cases": cases,
            "proposals": {role: sum(t.role == role for t in found) for role in ROLES},
            "right": {role: sum(t.role == role and t.right for t in found) for role in ROLES},
        },
        "cross_validation": dict(cross_validation),
        "abstain_below": abstain_below,
        "curves": {role: dict(numbers) for role, numbers in curves.items()},
    }


def _enough(some: Sequence[Trial]) -> bool:
    return len(some) >= _LEAST_PROPOSALS and len({t.right for t in some}) == 2


def _fit(some: Sequence[Trial]) -> dict[str, float]:
    rows = np.array([t.features for t in some])
    right = np.array([t.right for t in some])
    model = LogisticRegression(C=1 / _PULL, max_iter=1000).fit(rows, right)
    weights = dict(zip(FEATURES, model.coef_[0].tolist(), strict=True))
    numbers = {"intercept": float(model.intercept_[0]), **weights}
    return {name: round(value, 3) for name, value in numbers.items()}

"""Calibrated confidence: the curve by hand, abstention, fitting."""

from __future__ import annotations

import math
import random

import pytest

from zhibian.coding.confidence import (
    FEATURES,
    ROLES,
    ConfidenceCurve,
    ConfidenceRules,
    calibrated,
    chance,
    features,
)
from zhibian.coding.types import Evidence, Proposal, ProposedDiagnosis, ProposedProcedure
from zhibian.documents.types import Assertion, SectionKind, Span
from zhibian.problems import InputError
from zhibian.records.types import EntryCondition
from zhibian.training.confidence import Trial, cross_fitted, fit


def a_place(section: SectionKind = SectionKind.PROGRESS) -> Evidence:
    return Evidence(Span(0, 0, 4), Assertion.PRESENT, section, 0.8, "x", 0)


def a_diagnosis(
    trust: float, *places: Evidence, code: str = "E87.600", raised_by: str = "alias"
) -> ProposedDiagnosis:
    return ProposedDiagnosis(
        code, EntryCondition.PRESENT, "x", trust, places or (a_place(),), raised_by, trust
    )


def rules(*weights: float, intercept: float = 0.0, abstain: float = 0.3) -> ConfidenceRules:
    padded = (*weights, *(0.0 for _ in FEATURES))[: len(FEATURES)]
    curve = ConfidenceCurve(intercept, padded)
    return ConfidenceRules(dict.fromkeys(ROLES, curve), abstain)


def test_features_by_hand() -> None:
    listed = a_place(SectionKind.DISCHARGE_DIAGNOSIS)
    assert features(a_diagnosis(0.8, a_place(), listed)) == pytest.approx(
        (math.log(4), math.log(2), 1.0, 0.0)
    )
    assert features(a_diagnosis(0.5, raised_by="combination")) == pytest.approx((0, 0, 0.0, 1.0))


def test_trust_of_one_has_finite_odds() -> None:
    assert math.isfinite(features(a_diagnosis(1.0))[0])
    assert math.isfinite(features(a_diagnosis(0.0))[0])


def test_chance_is_the_logistic_of_the_weighted_sum() -> None:
    entry = a_diagnosis(0.8)
    assert chance(entry, "other", rules(1.0)) == pytest.approx(0.8)
    assert chance(entry, "other", rules(1.0, intercept=-math.log(4))) == pytest.approx(0.5)


def test_what_is_too_doubtful_stands_apart_but_the_principal_stays() -> None:
    procedure = ProposedProcedure("51.2300", None, 0.2, (a_place(),), "name", 0.2)
    sure, doubtful = a_diagnosis(0.9, code="I10.x05"), a_diagnosis(0.2)
    proposal = Proposal(a_diagnosis(0.1, code="J18.900"), (sure, doubtful), (procedure,), ())
    found = calibrated(proposal, rules(1.0))
    assert found.principal is not None
    assert found.principal.confidence == pytest.approx(0.1)
    assert [d.code for d in found.others] == ["I10.x05"]
    assert [d.code for d in found.doubtful_diagnoses] == ["E87.600"]
    assert (found.procedures, [p.code for p in found.doubtful_procedures]) == ((), ["51.2300"])


def test_fitting_finds_that_trust_speaks_for_a_code() -> None:
    trials = [
        Trial(number, role, (trust, 0.0, 0.0, 0.0), right)
        for role in ROLES
        for number, (trust, right) in enumerate(
            [(2.0, True)] * 18 + [(2.0, False)] * 2 + [(-1.0, False)] * 9
        )
    ]
    curves = fit(trials)
    assert all(curve["trust"] > 0.5 for curve in curves.values())
    assert all(abs(curve["listed"]) < 0.01 for curve in curves.values())


def test_too_few_proposals_are_refused_for_every_role_at_once() -> None:
    with pytest.raises(InputError) as refused:
        fit([Trial(0, "other", (0.0, 0.0, 0.0, 0.0), right=True)])
    assert [problem.field for problem in refused.value.problems] == list(ROLES)


def test_cross_fitting_measures_on_cases_that_the_curves_did_not_see() -> None:
    dice = random.Random(3)
    trials = [
        Trial(case, role, (math.log(chance / (1 - chance)), 0.0, 0.0, 0.0), dice.random() < chance)
        for case in range(400)
        for role in ROLES
        for chance in (0.9 if case % 2 else 0.6,)
    ]
    found = cross_fitted(trials, folds=5, seed=1, draws=200)
    assert found["folds"] == 5
    assert found["low"] <= found["calibration_error"] <= found["high"]
    # Curves of the right shape on enough cases leave next to no error.
    assert found["calibration_error"] < 0.05

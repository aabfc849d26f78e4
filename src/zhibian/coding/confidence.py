"""Calibrated confidence (校准置信度): how often a proposal like this one is right.

Trust in places orders proposals; it is no probability. A logistic curve over what is known of a
proposal turns it into one. The curve is fitted by ``zhibian train confidence`` on records that no
rule was written for; its numbers and their origin are in rules/coding/confidence.yaml.
Calibration by a logistic curve: Platt (1999).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from zhibian.coding.rulefile import read_rule_file
from zhibian.coding.types import Proposal, ProposedDiagnosis, ProposedProcedure
from zhibian.documents.types import SectionKind

TABLE = Path("coding") / "confidence.yaml"
FEATURES = ("trust", "places", "listed", "inferred")
Role = Literal["principal", "other", "procedure"]
ROLES: tuple[Role, ...] = ("principal", "other", "procedure")

_LISTS = frozenset(
    {
        SectionKind.DISCHARGE_DIAGNOSIS,
        SectionKind.REVISED_DIAGNOSIS,
        SectionKind.PROCEDURE_NAME,
    }
)
# Found by words of the record; everything else was put together or guessed.
_BY_WORDS = frozenset({"alias", "name", "variant", "clinical"})
_LEAST, _MOST = 0.02, 0.98


@dataclass(frozen=True, slots=True)
class ConfidenceCurve:
    """A logistic curve for one role (置信度曲线): an intercept and a weight a feature."""

    intercept: float
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ConfidenceRules:
    """Curves of all roles, and below which confidence nothing is proposed (弃权界限)."""

    curves: Mapping[Role, ConfidenceCurve]
    abstain_below: float


def load_confidence_rules(rules: Path) -> ConfidenceRules:
    """Read the curves; InputError when they are absent or malformed."""
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> ConfidenceRules:
    return ConfidenceRules(
        curves={role: _curve(raw["curves"][role]) for role in ROLES},
        abstain_below=float(raw["abstain_below"]),
    )


def _curve(raw: Mapping[str, Any]) -> ConfidenceCurve:
    return ConfidenceCurve(
        intercept=float(raw["intercept"]),
        weights=tuple(float(raw[name]) for name in FEATURES),
    )


def features(entry: ProposedDiagnosis | ProposedProcedure) -> tuple[float, ...]:
    """Return what is known of a proposal, in the order of ``FEATURES``.

    ``trust``: log-odds of the trust in its best place; ``places``: log of the number of places;
    ``listed``: it stands in a conclusion's list or an operation's title; ``inferred``: it was
    not found by its own words.
    """
    trust = min(max(entry.trust, _LEAST), _MOST)
    return (
        math.log(trust / (1 - trust)),
        math.log(max(len(entry.evidence), 1)),
        float(any(evidence.section in _LISTS for evidence in entry.evidence)),
        float(entry.raised_by not in _BY_WORDS),
    )


def chance(
    entry: ProposedDiagnosis | ProposedProcedure, role: Role, rules: ConfidenceRules
) -> float:
    """Return the calibrated confidence of a proposal, 0 to 1."""
    return round(on_curve(features(entry), rules.curves[role]), 3)


def on_curve(values: Sequence[float], curve: ConfidenceCurve) -> float:
    """Return the share of right codes at some features, 0 to 1."""
    pairs = zip(curve.weights, values, strict=True)
    log_odds = curve.intercept + sum(weight * value for weight, value in pairs)
    return 1 / (1 + math.exp(-log_odds))


def calibrated(proposal: Proposal, rules: ConfidenceRules) -> Proposal:
    """Return a proposal with calibrated confidences; what is too doubtful stands apart.

    A principal diagnosis is never taken away: a page needs one, and its confidence tells.
    """
    principal = proposal.principal
    others = [replace(d, confidence=chance(d, "other", rules)) for d in proposal.others]
    procedures = [replace(p, confidence=chance(p, "procedure", rules)) for p in proposal.procedures]
    least = rules.abstain_below
    return replace(
        proposal,
        principal=(
            None
            if principal is None
            else replace(principal, confidence=chance(principal, "principal", rules))
        ),
        others=tuple(d for d in others if d.confidence >= least),
        procedures=tuple(p for p in procedures if p.confidence >= least),
        doubtful_diagnoses=tuple(d for d in others if d.confidence < least),
        doubtful_procedures=tuple(p for p in procedures if p.confidence < least),
    )

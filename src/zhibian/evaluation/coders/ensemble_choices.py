"""What an ensemble goes by (集成的权重与阈值): weights, calibration, cuts, and the vote itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.isotonic import IsotonicRegression

from zhibian.evaluation.coders.cuts import best_cut
from zhibian.evaluation.coders.gold_codes import GoldPage
from zhibian.evaluation.coders.interface import CodedLine, CodedPage
from zhibian.evaluation.coders.votes import (
    diagnoses_of,
    principal_vote,
    procedures_of,
    ranked,
    voted,
)

_HALF = 0.5
# A curve of fewer points says more of chance than of a system.
_FEWEST_POINTS = 20


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

"""Fit the ranker of the principal diagnosis (主要诊断排序模型的拟合) on records with gold codes.

A pairwise logistic model: in every record the gold principal diagnosis should outscore each
other candidate. The rules' points stand in the margin as they are; only the ranker's weights
move, and only as far from the hand-set ones as the records pay for (a Gaussian prior around
them: a maximum a posteriori fit, Bishop, Pattern Recognition and Machine Learning, 4.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zhibian.coding.coder import CodingKnowledge, draft, principal_input
from zhibian.coding.principal import Weighed, weigh
from zhibian.coding.principal.features import NAMES
from zhibian.coding.principal.ranker import Ranker
from zhibian.documents.reader import read_documents
from zhibian.evaluation.data.readers import read_ccl25_records
from zhibian.evaluation.data.reading import Reading
from zhibian.problems import InputError, Problem
from zhibian.records.case_json import Limits
from zhibian.records.types import Case

FILE = "principal_ranker.yaml"
# CCL25 codes are of the clinical edition: they agree with this one in the category.
CATEGORY = 3
# Points of score that make one unit of log-odds.
_POINTS = 15.0
# Strength of the pull towards the hand-set weights, for a total weight of one a record.
PULL = 10.0
_STEPS = 50
_FOLDS = 5
_LEAST_EXAMPLES = 10
_CLINICAL = "clinical-2.0"

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """One record: its candidates and which of them is the principal diagnosis (训练样本)."""

    source: str
    values: Matrix
    rules: Matrix
    right: tuple[bool, ...]


def examples(
    cases: Iterable[tuple[Case, frozenset[str]]],
    source: str,
    knowledge: CodingKnowledge,
    width: int | None,
) -> tuple[Example, ...]:
    """Return the records in which a candidate is right and another is wrong.

    Parameters
    ----------
    cases
        Records with the codes that are right as principal diagnosis.
    source
        Where they come from; sources weigh the same, however many records they have.
    knowledge
        What they are coded with.
    width
        Characters of a code that must agree; None for all.
    """
    found = []
    for case, answers in cases:
        reading = read_documents(case.documents, knowledge.lexicon)
        drafted = draft(case, reading, knowledge)
        rows = weigh(*principal_input(drafted, knowledge), knowledge.principal_rules)
        accepted = {answer[:width] for answer in answers}
        right = tuple(row.candidate.code[:width] in accepted for row in rows)
        if any(right) and not all(right):
            found.append(Example(source, _values(rows), _rules(rows), right))
    return tuple(found)


def _values(rows: Sequence[Weighed]) -> Matrix:
    return np.array([[row.candidate.values[name] for name in NAMES] for row in rows])


def _rules(rows: Sequence[Weighed]) -> Matrix:
    return np.array([row.score() - row.base for row in rows])


def ccl25_cases(path: Path, limits: Limits) -> list[tuple[Case, frozenset[str]]]:
    """Return the full records of CCL25-Eval task 8, each with its principal code.

    Raises
    ------
    InputError
        The file is no list of such records; all that can't be read at once.
    """
    if not path.is_file():
        problem = Problem("--ccl25", "data_missing", "文件不存在", "核对 --ccl25 的路径")
        raise InputError("train", [problem])
    records = read_ccl25_records(path.parent, [path.name], Reading(_CLINICAL, limits))
    return [
        (one.question.case, frozenset({one.gold.block["principal"]["code"]})) for one in records
    ]


def fit(
    found: Sequence[Example], hand: Mapping[str, float], pull: float = PULL
) -> dict[str, float]:
    """Return weights by feature.

    Parameters
    ----------
    found
        Records.
    hand
        Hand-set weights, the centre of the prior.
    pull
        Strength of the prior, for a total weight of one a record.

    Raises
    ------
    InputError
        There are too few records.
    """
    if len(found) < _LEAST_EXAMPLES:
        message = f"可用于训练的病例只有 {len(found)} 例"
        problem = Problem("cases", "too_few", message, f"至少 {_LEAST_EXAMPLES} 例")
        raise InputError("train", [problem])
    differences, offsets, weights = _pairs(found)
    # A weight of 10 points is one unit of the prior, whatever the feature.
    unit = 10.0 / _POINTS
    centre = np.array([hand[name] for name in NAMES]) / _POINTS / unit
    rows = differences * unit
    theta = centre.copy()
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(rows @ theta + offsets))
        gradient = -(rows.T @ (weights * chance)) + pull * (theta - centre)
        curvature = (rows.T * (weights * chance * (1.0 - chance))) @ rows
        theta -= np.linalg.solve(curvature + pull * np.eye(len(NAMES)), gradient)
    points = theta * unit * _POINTS
    return {name: round(float(value), 1) for name, value in zip(NAMES, points, strict=True)}


def _pairs(found: Sequence[Example]) -> tuple[Matrix, Matrix, Matrix]:
    """Return feature differences, rule differences and weights of right against wrong."""
    sources = [example.source for example in found]
    differences, offsets, weights = [], [], []
    for example in found:
        right = [i for i, is_right in enumerate(example.right) if is_right]
        wrong = [i for i, is_right in enumerate(example.right) if not is_right]
        share = len(found) / len(set(sources)) / sources.count(example.source)
        for i in right:
            for j in wrong:
                differences.append(example.values[i] - example.values[j])
                offsets.append((example.rules[i] - example.rules[j]) / _POINTS)
                weights.append(share / len(right) / len(wrong))
    return np.array(differences), np.array(offsets), np.array(weights)


def cross_validate(
    found: Sequence[Example], hand: Mapping[str, float], pull: float = PULL
) -> dict[str, Any]:
    """Return how often the right diagnosis stands first, by source, hand-set against learned.

    Weights are learned on four fifths of the records and judged on the last, records kept
    whole; ``ranker`` leaves the rules out, ``with_rules`` has them.
    """
    learned: list[Mapping[str, float]] = [{} for _ in found]
    for fold in range(_FOLDS):
        rest = [example for i, example in enumerate(found) if i % _FOLDS != fold]
        weights = fit(rest, hand, pull)
        for i in range(fold, len(found), _FOLDS):
            learned[i] = weights
    return {
        source: {
            "records": sum(example.source == source for example in found),
            **{
                f"{part}_{name}": round(
                    float(
                        np.mean(
                            [
                                _is_first(example, weights, with_rules=part == "with_rules")
                                for example, weights in zip(found, used, strict=True)
                                if example.source == source
                            ]
                        )
                    ),
                    3,
                )
                for part in ("ranker", "with_rules")
                for name, used in (("hand", [hand] * len(found)), ("learned", learned))
            },
        }
        for source in sorted({example.source for example in found})
    }


def _is_first(example: Example, weights: Mapping[str, float], *, with_rules: bool) -> bool:
    scores = example.values @ np.array([weights[name] for name in NAMES])
    if with_rules:
        scores = scores + example.rules
    return example.right[int(np.argmax(scores))]


def beats(figures: Mapping[str, Mapping[str, float]]) -> bool:
    """Return whether the learned weights are nowhere worse than the hand-set ones."""
    return all(
        row[f"{part}_learned"] >= row[f"{part}_hand"]
        for row in figures.values()
        for part in ("ranker", "with_rules")
    )


def as_file(
    figures: Mapping[str, Any], learned: Mapping[str, float] | None, ranker: Ranker
) -> tuple[dict[str, Any], str]:
    """Return the content of the ranker's file, and its first line.

    Parameters
    ----------
    figures
        From :func:`cross_validate`.
    learned
        Learned weights; None where the hand-set ones stay.
    ranker
        The ranker as it is.
    """
    origin = "手工设定（学习所得的权重未处处不逊于手工）" if learned is None else "学习所得"
    content = {
        "version": 1,
        "origin": origin,
        "cross_validation": dict(figures),
        "weights": dict(ranker.prior if learned is None else learned),
        "prior": dict(ranker.prior),
        "words": dict(ranker.words),
    }
    comment = "由 zhibian train principal 生成；说明见 src/zhibian/coding/principal/ranker.py"
    return content, comment

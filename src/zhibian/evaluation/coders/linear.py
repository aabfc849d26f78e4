"""Character n-grams and logistic regression (字符 n 元组逻辑回归): a baseline that learns.

One softmax tells the principal diagnosis, one logistic regression a code the other diagnoses and
the procedures. From which probability a code is taken is chosen by micro-F1 on records that the
regressions did not see. It gives no evidence: it knows no place.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from zhibian.evaluation.coders.cuts import best_cut
from zhibian.evaluation.coders.gold_codes import GoldPage, RecordExample, gold_pages
from zhibian.evaluation.coders.interface import (
    CodedLine,
    CodedPage,
    CoderInfo,
    LearningSet,
    RecordQuestion,
)
from zhibian.evaluation.coders.learning import fit_and_tune, refuse_empty, refuse_unlearned
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.coders.spelled_records import learn_grams, record_text

NAME, TITLE = "tfidf-lr", "字符 n 元组逻辑回归"
_MOST_RANKED = 50

Floats = NDArray[np.float64]
Part = Callable[[GoldPage], Sequence[str]]


class LinearParameters(Parameters):
    """Settings (参数)."""

    shortest: int = Field(default=1, ge=1, le=6, description="Shortest n-gram, characters")
    longest: int = Field(default=3, ge=1, le=8, description="Longest n-gram, characters")
    least_records: int = Field(default=3, ge=1, description="Records an n-gram must stand in")
    principal_c: float = Field(
        default=10.0, gt=0, description="Inverse strength of the ridge, principal diagnosis"
    )
    others_c: float = Field(
        default=10.0, gt=0, description="The same, other diagnoses and procedures"
    )
    cut: float | None = Field(
        default=None, ge=0, le=1, description="Probability from which a code is taken; null: chosen"
    )


@dataclass(frozen=True, slots=True)
class Labels:
    """Independent probabilities of codes (逐码概率): one regression a code.

    Attributes
    ----------
    codes
        By column.
    weights, offsets
        Shape (codes, features) and (codes).
    cut
        Probability from which a code is taken.
    """

    codes: tuple[str, ...]
    weights: Floats
    offsets: Floats
    cut: float = 0.5

    def chances(self, rows: csr_matrix) -> Floats:
        """Return probabilities, shape (records, codes)."""
        return _sigmoid(np.asarray(rows @ self.weights.T) + self.offsets)


@dataclass(frozen=True, slots=True)
class Learned:
    """What it has learned (学得的模型).

    Attributes
    ----------
    space
        N-grams.
    principal
        Softmax over ``principals``; None where they are one code.
    principals
        Codes by column.
    others, procedures
        One regression a code.
    """

    space: Any
    principal: Any
    principals: tuple[str, ...]
    others: Labels
    procedures: Labels

    def rows(self, questions: Sequence[RecordQuestion]) -> csr_matrix:
        """Return the n-grams of records."""
        texts = [record_text(question.case) for question in questions]
        return csr_matrix(self.space.transform(texts))

    def principal_chances(self, rows: csr_matrix) -> Floats:
        """Return probabilities, shape (records, principals)."""
        if self.principal is None:
            return np.ones((rows.shape[0], 1))
        return np.asarray(self.principal.predict_proba(rows), np.float64)


@dataclass(frozen=True, slots=True)
class LinearCoder:
    """Codes records by their n-grams (线性基线)."""

    parameters: LinearParameters = field(default_factory=LinearParameters)
    learned: Learned | None = None

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(
            NAME,
            TITLE,
            learns=True,
            versions={"scikit-learn": sklearn.__version__},
            parameters=self.parameters.model_dump(),
        )

    def learn(self, material: LearningSet) -> LinearCoder:
        """Return the fitted system.

        Cuts are chosen with regressions that have not seen the records to choose by. Where those
        are a part of the fit part, all records are fitted afterwards, under the cuts found.

        Raises
        ------
        InputError
            There is nothing to learn from.
        """
        refuse_empty(material, NAME, TITLE)
        fit, tune = fit_and_tune(material)
        trial = _fit(fit, self.parameters, material.seed)
        rows = trial.rows([example.question for example in tune])
        pages = gold_pages(tune)
        others = self._cut(trial.others, rows, [page.others for page in pages])
        procedures = self._cut(trial.procedures, rows, [page.procedures for page in pages])
        final = trial if material.tune else _fit(material.fit, self.parameters, material.seed)
        return LinearCoder(
            self.parameters,
            replace(
                final,
                others=replace(final.others, cut=others),
                procedures=replace(final.procedures, cut=procedures),
            ),
        )

    def code(self, questions: Sequence[RecordQuestion]) -> Iterator[CodedPage]:
        """Yield one page a record.

        Raises
        ------
        InputError
            It has not learned.
        """
        if self.learned is None:
            refuse_unlearned(NAME)
        for question in questions:
            started = time.perf_counter()
            page = _page(self.learned, self.learned.rows([question]))
            yield replace(page, seconds=time.perf_counter() - started)

    def _cut(self, labels: Labels, rows: csr_matrix, filed: Sequence[Sequence[str]]) -> float:
        if self.parameters.cut is not None:
            return self.parameters.cut
        right = np.array([[code in codes for code in labels.codes] for codes in filed], bool)
        return best_cut(labels.chances(rows), right, sum(map(len, filed)))


def _fit(examples: Sequence[RecordExample], parameters: LinearParameters, seed: int) -> Learned:
    space, rows = learn_grams(
        [example.question.case for example in examples],
        (parameters.shortest, max(parameters.shortest, parameters.longest)),
        parameters.least_records,
    )
    pages = gold_pages(examples)
    principals = sorted({page.principal for page in pages})
    model = None
    if len(principals) > 1:
        model = LogisticRegression(C=parameters.principal_c, max_iter=500, random_state=seed)
        with warnings.catch_warnings():
            # Many principal diagnoses of few records are no mistake here.
            warnings.filterwarnings("ignore", message="The number of unique classes")
            model.fit(rows, [page.principal for page in pages])
    strength = parameters.others_c
    return Learned(
        space,
        model,
        tuple(principals),
        _fit_labels(rows, [page.others for page in pages], strength, seed),
        _fit_labels(rows, [page.procedures for page in pages], strength, seed),
    )


def _fit_labels(
    rows: csr_matrix, filed: Sequence[Sequence[str]], strength: float, seed: int
) -> Labels:
    codes = sorted({code for given in filed for code in given})
    weights = np.zeros((len(codes), rows.shape[1]))
    offsets = np.zeros(len(codes))
    for place, code in enumerate(codes):
        answers = np.array([code in given for given in filed])
        if answers.all():
            # A code of every record has nothing to be told from: its smoothed log-odds stay.
            offsets[place] = np.log(2 * len(answers) + 1)
            continue
        model = LogisticRegression(
            C=strength, max_iter=300, solver="liblinear", random_state=seed
        ).fit(rows, answers)
        weights[place], offsets[place] = model.coef_[0], model.intercept_[0]
    return Labels(tuple(codes), weights, offsets)


def _page(learned: Learned, rows: csr_matrix) -> CodedPage:
    principal = learned.principal_chances(rows)[0]
    first = int(np.argmax(principal))
    code = learned.principals[first]
    others = _lines(learned.others, rows)
    procedures = _lines(learned.procedures, rows)
    either = {line.code: 1 - (line.confidence or 0.0) for line in others}
    for known, chance in zip(learned.principals, principal, strict=True):
        either[known] = either.get(known, 1.0) * (1 - float(chance))
    return CodedPage(
        principal=CodedLine(code, float(principal[first])),
        others=_taken([line for line in others if line.code != code], learned.others.cut),
        procedures=_taken(procedures, learned.procedures.cut),
        ranked_diagnoses=tuple(sorted(either, key=lambda c: (either[c], c))[:_MOST_RANKED]),
        ranked_procedures=tuple(line.code for line in procedures[:_MOST_RANKED]),
    )


def _lines(labels: Labels, rows: csr_matrix) -> list[CodedLine]:
    """Return every code with its probability, the likeliest first."""
    chances = labels.chances(rows)[0]
    order = np.argsort(-chances, kind="stable")
    return [CodedLine(labels.codes[place], float(chances[place])) for place in order]


def _taken(lines: Sequence[CodedLine], cut: float) -> tuple[CodedLine, ...]:
    return tuple(line for line in lines if (line.confidence or 0.0) >= cut)


def _sigmoid(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -40, 40))), np.float64)


TFIDF_LR = RegisteredCoder(
    NAME, TITLE, LinearParameters, lambda given, task, resources: LinearCoder(given)
)

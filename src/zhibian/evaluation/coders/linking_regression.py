"""Linking by TF-IDF and logistic regression (TF-IDF 与逻辑回归): one against the rest a name.

It can answer only with names that the fit part holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import MultiLabelBinarizer

from zhibian.coding.terms.parts import clean
from zhibian.evaluation.coders.interface import CoderInfo, LearningSet, LinkedNames, TermQuestion
from zhibian.evaluation.coders.linking_target import RANKED, cleaned
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.examples import Example
from zhibian.evaluation.questions import TermGold

NAME, TITLE = "tfidf-lr", "TF-IDF 与逻辑回归"
GRAMS = (1, 3)
#: Floors that are tried on the tune part for names beside the first.
FLOORS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 1.1)


class RegressionSettings(Parameters):
    """Settings of the regression (参数)."""

    strength: float = Field(
        default=10.0, gt=0, description="Inverse strength of regularisation 正则化强度的倒数"
    )


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was learned: vectorizer, classifier, its names, the floor of further names."""

    vectorizer: TfidfVectorizer
    classifier: OneVsRestClassifier
    names: Sequence[str]
    floor: float


@dataclass(frozen=True, slots=True)
class RegressionLinker:
    """Answers with the likeliest name, and with others above a floor (TF-IDF 逻辑回归)."""

    settings: RegressionSettings
    fitted: Fitted | None = field(default=None, repr=False)

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(
            NAME,
            TITLE,
            learns=True,
            versions={"scikit-learn": version("scikit-learn")},
            parameters=self.settings.model_dump(),
        )

    def learn(self, material: LearningSet) -> RegressionLinker:
        """Return the linker that has learned the fit part; the tune part sets the floor."""
        vectorizer = TfidfVectorizer(analyzer="char", ngram_range=GRAMS, sublinear_tf=True)
        binarizer = MultiLabelBinarizer(sparse_output=True)
        inputs = vectorizer.fit_transform(_wordings(material.fit))
        wanted = binarizer.fit_transform([cleaned(e.gold.names) for e in material.fit])
        # The dual is the smaller problem: there are more features than terms. Its coordinate
        # descent draws by the seed.
        one = LogisticRegression(
            C=self.settings.strength, solver="liblinear", dual=True, random_state=material.seed
        )
        classifier = OneVsRestClassifier(one).fit(inputs, wanted)
        fitted = Fitted(vectorizer, classifier, binarizer.classes_.tolist(), FLOORS[-1])
        floor = _best_floor(fitted, material.tune)
        return RegressionLinker(self.settings, Fitted(vectorizer, classifier, fitted.names, floor))

    def code(self, questions: Sequence[TermQuestion]) -> Iterator[LinkedNames]:
        """Yield the likeliest names that were learned; none before anything was."""
        if self.fitted is None:
            return (LinkedNames(()) for _ in questions)
        fitted = self.fitted
        rows = _shares(fitted, [clean(question.wording) for question in questions])
        return (_answer(row, fitted.names, fitted.floor) for row in rows)


def _wordings(examples: Sequence[Example[TermQuestion, TermGold]]) -> list[str]:
    return [clean(example.question.wording) for example in examples]


def _shares(fitted: Fitted, texts: Sequence[str]) -> NDArray[np.float64]:
    if not texts:
        return np.zeros((0, len(fitted.names)))
    inputs = fitted.vectorizer.transform(texts)
    shares: NDArray[np.float64] = fitted.classifier.predict_proba(inputs)
    return shares


def _answer(shares: NDArray[np.float64], names: Sequence[str], floor: float) -> LinkedNames:
    order = np.argsort(-shares, kind="stable")[:RANKED]
    ranked = tuple(names[place] for place in order)
    kept = max(1, int((shares[order] >= floor).sum()))
    return LinkedNames(ranked[:kept], ranked)


def _best_floor(fitted: Fitted, tune: Sequence[Example[TermQuestion, TermGold]]) -> float:
    """Return the floor of the best micro-F1 on the tune part; without one, only first names."""
    if not tune:
        return FLOORS[-1]
    rows = _shares(fitted, _wordings(tune))
    gold = [set(cleaned(example.gold.names)) for example in tune]

    def micro_f1(floor: float) -> float:
        told = [set(_answer(row, fitted.names, floor).chosen) for row in rows]
        hits = sum(len(t & g) for t, g in zip(told, gold, strict=True))
        return 2 * hits / (sum(map(len, told)) + sum(map(len, gold)))

    return max(FLOORS, key=micro_f1)


TFIDF_LR = RegisteredCoder(
    NAME, TITLE, RegressionSettings, lambda given, task, resources: RegressionLinker(given)
)

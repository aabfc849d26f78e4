"""Tendency of events without rules (发生状态的对照系统): the most frequent, and TF-IDF windows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from operator import itemgetter
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from zhibian.documents.normalise import normalise
from zhibian.evaluation.answers import EventAnswer
from zhibian.evaluation.coders.assertion_learning import (
    Strengths,
    WindowSettings,
    answers_of,
    best_strength,
    tendencies_of,
)
from zhibian.evaluation.coders.interface import CoderInfo, LearningSet
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.questions import EventQuestion

# Names and titles of the systems.
_MAJORITY = ("majority", "多数类")
_WINDOWS = ("tfidf-lr", "TF-IDF 与逻辑回归")

GRAMS = (1, 3)
# Steps of the optimiser; it ends earlier as a rule.
_STEPS = 500


@dataclass(frozen=True, slots=True)
class MajorityAsserter:
    """Answers every event with the most frequent tendency (多数类)."""

    answer: EventAnswer = field(default_factory=lambda: EventAnswer(""))

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(*_MAJORITY, learns=True)

    def learn(self, material: LearningSet) -> MajorityAsserter:
        """Return the asserter that knows the tendencies of the fit part."""
        counts = Counter(tendencies_of(material.fit))
        if not counts:
            return self
        tendency, n = counts.most_common(1)[0]
        return replace(self, answer=EventAnswer(tendency, n / counts.total()))

    def code(self, questions: Sequence[EventQuestion]) -> Iterator[EventAnswer]:
        """Yield the same answer for every event."""
        return (self.answer for _ in questions)


class TfidfSettings(WindowSettings):
    """Settings of the classifier over TF-IDF (参数): features are small, so strengths are large."""

    strengths: Strengths = (3.0, 10.0, 30.0, 100.0)


@dataclass(frozen=True, slots=True)
class WindowAsserter:
    """TF-IDF of the characters before, in and behind the head, and logistic regression."""

    settings: TfidfSettings
    model: Pipeline | None = field(default=None, repr=False)

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(
            *_WINDOWS,
            learns=True,
            versions={"scikit-learn": version("scikit-learn")},
            parameters=self.settings.model_dump(),
        )

    def learn(self, material: LearningSet) -> WindowAsserter:
        """Return the asserter that has learned the fit part; the tune part sets the strength."""

        def fit(examples: Sequence[Any], strength: float) -> Pipeline:
            model = make_pipeline(_features(), LogisticRegression(C=strength, max_iter=_STEPS))
            return model.fit([self._window(e.question) for e in examples], tendencies_of(examples))

        def tell(model: Pipeline, questions: Sequence[EventQuestion]) -> list[str]:
            told: list[str] = model.predict(list(map(self._window, questions))).tolist()
            return told

        strength = best_strength(material, self.settings.strengths, fit, tell)
        return replace(self, model=fit(material.fit, strength))

    def code(self, questions: Sequence[EventQuestion]) -> Iterator[EventAnswer]:
        """Yield the likeliest tendency with its share."""
        return answers_of(self.model, list(map(self._window, questions)))

    def _window(self, question: EventQuestion) -> tuple[str, str, str]:
        """Return the words before the head, the head, and the words behind it."""
        text, start, end = normalise(question.text), question.start, question.end
        before = text[max(0, start - self.settings.before) : start]
        return before, text[start:end], text[end : end + self.settings.behind]


def _features() -> FeatureUnion:
    def part(place: int) -> Pipeline:
        take = FunctionTransformer(lambda windows: list(map(itemgetter(place), windows)))
        return make_pipeline(take, TfidfVectorizer(analyzer="char", ngram_range=GRAMS))

    return FeatureUnion([("before", part(0)), ("head", part(1)), ("behind", part(2))])


MAJORITY = RegisteredCoder(
    *_MAJORITY, Parameters, lambda given, task, resources: MajorityAsserter()
)
TFIDF_LR = RegisteredCoder(
    *_WINDOWS, TfidfSettings, lambda given, task, resources: WindowAsserter(given)
)

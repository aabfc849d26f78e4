"""Tendency of events by the assertion rules (断言规则), alone or corrected by a classifier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from zhibian.documents.assertion import assert_mention
from zhibian.documents.lexicon import CueLexicon, load_reading_lexicon
from zhibian.documents.normalise import normalise
from zhibian.documents.types import Assertion, SectionKind
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
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec

# Names and titles of the systems.
_RULES = ("rules", "断言规则")
_LEARNED = ("rules-lr", "断言规则加逻辑回归")

#: What the rules call negated and possible; all else is stated.
SAID = {Assertion.NEGATED: "否定", Assertion.POSSIBLE: "不确定"}
# Steps of the optimiser; it ends earlier as a rule.
_STEPS = 500


@dataclass(frozen=True, slots=True)
class RuleAsserter:
    """The assertion rules of reading a record, without a section (断言规则)."""

    cues: CueLexicon = field(repr=False)

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(*_RULES)

    def learn(self, material: LearningSet) -> RuleAsserter:
        """Return itself."""
        return self

    def code(self, questions: Sequence[EventQuestion]) -> Iterator[EventAnswer]:
        """Yield the tendency that the rules see."""
        for question in questions:
            assertion, _ = _ruled(question, self.cues)
            yield EventAnswer(SAID.get(assertion, ""))


class LearnedSettings(WindowSettings):
    """Settings of the classifier over rules and words (参数)."""

    strengths: Strengths = (0.03, 0.1, 0.3, 1.0)


@dataclass(frozen=True, slots=True)
class LearnedAsserter:
    """Logistic regression over what the rules say and the words around the event (规则加学习)."""

    cues: CueLexicon = field(repr=False)
    settings: LearnedSettings
    model: Pipeline | None = field(default=None, repr=False)

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(
            *_LEARNED,
            learns=True,
            versions={"scikit-learn": version("scikit-learn")},
            parameters=self.settings.model_dump(),
        )

    def learn(self, material: LearningSet) -> LearnedAsserter:
        """Return the asserter that has learned the fit part; the tune part sets the strength."""

        def fit(examples: Sequence[Any], strength: float) -> Pipeline:
            model = make_pipeline(DictVectorizer(), LogisticRegression(C=strength, max_iter=_STEPS))
            features = [self._features(e.question) for e in examples]
            return model.fit(features, tendencies_of(examples))

        def tell(model: Pipeline, questions: Sequence[EventQuestion]) -> list[str]:
            told: list[str] = model.predict(list(map(self._features, questions))).tolist()
            return told

        strength = best_strength(material, self.settings.strengths, fit, tell)
        return replace(self, model=fit(material.fit, strength))

    def code(self, questions: Sequence[EventQuestion]) -> Iterator[EventAnswer]:
        """Yield the likeliest tendency with its share."""
        return answers_of(self.model, list(map(self._features, questions)))

    def _features(self, question: EventQuestion) -> dict[str, float]:
        return event_features(question, self.cues, self.settings)


def event_features(
    question: EventQuestion, cues: CueLexicon, settings: WindowSettings
) -> dict[str, float]:
    """Return what the classifier is told of an event.

    The assertion of the rules and its cue, the head, and runs of one to three characters around
    it: within the clause before the head, earlier, behind it, and touching it.
    """
    text = normalise(question.text)
    assertion, cue = _ruled(question, cues)
    before = text[max(0, question.start - settings.before) : question.start]
    behind = text[question.end : question.end + settings.behind]
    head = text[question.start : question.end]
    features = {f"rule {assertion}": 1.0, f"cue {cue}": 1.0, f"head {head}": 1.0}
    clause = max(before.rfind(sign) for sign in "。;,\n") + 1
    for length in (1, 2, 3):
        for place in range(len(before) - length + 1):
            where = "clause" if place >= clause else "earlier"
            features[f"{where} {before[place : place + length]}"] = 1.0
        for place in range(len(behind) - length + 1):
            features[f"behind {behind[place : place + length]}"] = 1.0
        features[f"left {before[-length:]}"] = 1.0
        features[f"right {behind[:length]}"] = 1.0
    return features


def _ruled(question: EventQuestion, cues: CueLexicon) -> tuple[Assertion, str | None]:
    span = (question.start, question.end)
    return assert_mention(normalise(question.text), span, SectionKind.OTHER, cues)


def _rules(given: Parameters, task: TaskSpec, resources: Resources) -> RuleAsserter:
    return RuleAsserter(load_reading_lexicon(resources.rules).cues)


def _learned(given: LearnedSettings, task: TaskSpec, resources: Resources) -> LearnedAsserter:
    return LearnedAsserter(load_reading_lexicon(resources.rules).cues, given)


RULES = RegisteredCoder(*_RULES, Parameters, _rules)
RULES_LR = RegisteredCoder(*_LEARNED, LearnedSettings, _learned)

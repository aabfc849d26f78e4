"""The text screen as a system (文本筛查), with and without trained models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from zhibian.coding.voices import NO_VOICES
from zhibian.evaluation.answers import PageAnswer
from zhibian.evaluation.coders.interface import CoderInfo, LearningSet
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.questions import PageQuestion
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem
from zhibian.review.pipeline import review
from zhibian.review.reviewer import NO_TARIFF, Reviewer, with_voices
from zhibian.screening.queries.questions import QuestionRules, load_question_rules
from zhibian.screening.text.evidence import text_items
from zhibian.screening.text.rules import TextRules, load_text_rules
from zhibian.screening.types import WorkItem

# Names and titles of the systems.
_SCREEN = ("screen", "文本筛查（不用模型）")
_MODELS = ("screen-models", "文本筛查（含模型）")


@dataclass(frozen=True, slots=True)
class TextScreen:
    """Reviews a record and tells what speaks against its filed page (文本筛查).

    Attributes
    ----------
    info
        What a reader of a result must know.
    reviewer
        What a review runs with.
    rules, questions
        Of the text screen.
    """

    info: CoderInfo
    reviewer: Reviewer = field(repr=False)
    rules: TextRules = field(repr=False)
    questions: QuestionRules = field(repr=False)

    def learn(self, material: LearningSet) -> TextScreen:
        """Return itself."""
        return self

    def code(self, questions: Sequence[PageQuestion]) -> Iterator[PageAnswer]:
        """Yield the suspicions about each page."""
        for question in questions:
            report = review(question.read, self.reviewer)
            items = text_items(question.read, report, self.reviewer, self.rules, self.questions)
            yield PageAnswer(tuple(map(without_words, items)))


def without_words(item: WorkItem) -> WorkItem:
    """Return a suspicion without what it quotes: answers are kept, the record is not."""
    return replace(item, evidence=(), query="")


def task_reviewer(task: TaskSpec, resources: Resources) -> Reviewer:
    """Return the reviewer under scheme and tariff of a task, without payment where it names none.

    Raises
    ------
    InputError
        The task names no scheme, or scheme or tariff can't be loaded.
    """
    if task.scheme is None:
        message = f"任务 {task.id} 没有写明分组方案"
        remedy = "在任务 YAML 中写 scheme，如 chs-drg-1.1：CC/MCC 级别由此而定"
        raise InputError(task.id, [Problem("scheme", "scheme_missing", message, remedy)])
    return resources.reviewer(task.scheme, task.tariff or NO_TARIFF, task.variant)


def _without_models(given: Parameters, task: TaskSpec, resources: Resources) -> TextScreen:
    reviewer = with_voices(task_reviewer(task, resources), NO_VOICES)
    return _screen(*_SCREEN, reviewer, resources)


def _with_models(given: Parameters, task: TaskSpec, resources: Resources) -> TextScreen:
    return _screen(*_MODELS, task_reviewer(task, resources), resources)


def _screen(name: str, title: str, reviewer: Reviewer, resources: Resources) -> TextScreen:
    versions = {"scheme": reviewer.pack.scheme}
    models = reviewer.knowledge.voices.versions
    if models:
        versions["models"] = "、".join(models)
    return TextScreen(
        CoderInfo(name, title, versions=versions),
        reviewer,
        load_text_rules(resources.rules),
        load_question_rules(resources.rules),
    )


SCREEN = RegisteredCoder(*_SCREEN, Parameters, _without_models)
SCREEN_MODELS = RegisteredCoder(*_MODELS, Parameters, _with_models)

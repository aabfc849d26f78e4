"""The shipped tagger (随软件提供的实体标注器) as a system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from zhibian.coding.mention_tagger import NAME, load_mention_tagger
from zhibian.documents.normalise import normalise
from zhibian.documents.tagger import EntityTagger, EntityType
from zhibian.evaluation.answers import TextAnswer
from zhibian.evaluation.coders.interface import CoderInfo, LearningSet
from zhibian.evaluation.coders.learned import refuse_learned
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.questions import TextQuestion
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem

_TAGGER = ("tagger", "随附实体标注器")


@dataclass(frozen=True, slots=True)
class ShippedTagger:
    """The tagger that coding uses; it learns nothing here.

    Findings (表现) are a type of its own making, which no data set of entities marks; they are
    left out.
    """

    version: str
    tagger: EntityTagger = field(repr=False)

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(*_TAGGER, versions={"model": self.version})

    def learn(self, material: LearningSet) -> ShippedTagger:
        """Return itself."""
        return self

    def code(self, questions: Sequence[TextQuestion]) -> Iterator[TextAnswer]:
        """Yield the entities of each text."""
        for entities in self.tagger.tag_all([normalise(question.text) for question in questions]):
            yield TextAnswer(
                tuple(
                    (one.start, one.end, one.type.value)
                    for one in entities
                    if one.type is not EntityType.FINDING
                )
            )


def _make(given: Parameters, task: TaskSpec, resources: Resources) -> ShippedTagger:
    refuse_learned(NAME, task, resources.models)
    model = load_mention_tagger(resources.models, resources.rules)
    if model is None:
        remedy = "用 ZHIBIAN_MODELS 指定模型文件夹，或不选系统 tagger"
        raise InputError(NAME, [Problem("tagger", "model_missing", "没有实体标注器模型", remedy)])
    return ShippedTagger(model.version, model.tagger)


TAGGER = RegisteredCoder(*_TAGGER, Parameters, _make)

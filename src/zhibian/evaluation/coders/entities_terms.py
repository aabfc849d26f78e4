"""Entities by lists of terms (词表标注): the project's dictionary, and a list that is learned."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from zhibian.coding.mention_tagger import read_hints
from zhibian.documents.matcher import TermMatcher
from zhibian.documents.normalise import normalise
from zhibian.documents.tagger import EntityType, TermKind
from zhibian.evaluation.answers import TextAnswer
from zhibian.evaluation.coders.interface import CoderInfo, LearningSet
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.questions import TextQuestion
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec

# Names and titles of the systems.
_DICTIONARY = ("dictionary", "词典匹配（疾病、症状、手术）")
_GAZETTEER = ("gazetteer", "训练词表匹配")

#: Types of the terms that the dictionary holds; it has none of anatomy, drugs or tests.
TYPES = {
    TermKind.DISEASE: EntityType.DISEASE,
    TermKind.SYMPTOM: EntityType.SYMPTOM,
    TermKind.PROCEDURE: EntityType.PROCEDURE,
}


@dataclass(frozen=True, slots=True)
class TermTagger:
    """Marks terms of the dictionary, the leftmost longest (词典匹配)."""

    matcher: TermMatcher = field(repr=False)
    types: Mapping[str, str] = field(repr=False)

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(*_DICTIONARY)

    def learn(self, material: LearningSet) -> TermTagger:
        """Return itself."""
        return self

    def code(self, questions: Sequence[TextQuestion]) -> Iterator[TextAnswer]:
        """Yield the terms of each text."""
        return (marked(question.text, self.matcher, self.types) for question in questions)


@dataclass(frozen=True, slots=True)
class LearnedTermTagger:
    """Marks every wording that the fit part has marked, with its most frequent type (训练词表)."""

    matcher: TermMatcher = field(default_factory=lambda: TermMatcher(()), repr=False)
    types: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(*_GAZETTEER, learns=True)

    def learn(self, material: LearningSet) -> LearnedTermTagger:
        """Return the tagger that knows the entities of the fit part."""
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for example in material.fit:
            text = normalise(example.question.text)
            for start, end, kind in example.gold.entities:
                counts[text[start:end].strip()][kind] += 1
        types = {term: kinds.most_common(1)[0][0] for term, kinds in counts.items() if term}
        return LearnedTermTagger(TermMatcher(types), types)

    def code(self, questions: Sequence[TextQuestion]) -> Iterator[TextAnswer]:
        """Yield the known wordings of each text."""
        return (marked(question.text, self.matcher, self.types) for question in questions)


def marked(text: str, matcher: TermMatcher, types: Mapping[str, str]) -> TextAnswer:
    """Return the terms of a text that have a type."""
    return TextAnswer(
        tuple(
            (start, end, types[term])
            for start, end, term in matcher.find(normalise(text))
            if term in types
        )
    )


def _dictionary(given: Parameters, task: TaskSpec, resources: Resources) -> TermTagger:
    hints = read_hints(resources.rules)
    return TermTagger(
        hints.matcher, {term: TYPES[kind].value for term, kind in hints.kinds.items()}
    )


DICTIONARY = RegisteredCoder(*_DICTIONARY, Parameters, _dictionary)
GAZETTEER = RegisteredCoder(
    *_GAZETTEER, Parameters, lambda given, task, resources: LearnedTermTagger()
)

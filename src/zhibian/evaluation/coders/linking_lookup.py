"""Linking without any comparison (查表链接): the most frequent names, and the dictionary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from zhibian.coding.terms.parts import Splitter, clean, load_splitter
from zhibian.evaluation.coders.interface import CoderInfo, LearningSet, LinkedNames, TermQuestion
from zhibian.evaluation.coders.linking_target import RANKED, TargetNames, target_names
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec

# Names and titles of the systems.
_MAJORITY = ("majority", "多数类")
_DICTIONARY = ("dictionary", "词典（标准名与别名）")


@dataclass(frozen=True, slots=True)
class MajorityLinker:
    """Answers every term with the most frequent set of names (多数类)."""

    answer: LinkedNames = field(default_factory=lambda: LinkedNames(()))

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(*_MAJORITY, learns=True)

    def learn(self, material: LearningSet) -> MajorityLinker:
        """Return the linker that knows the names of the fit part."""
        golds = [example.gold.names for example in material.fit]
        sets = Counter(golds).most_common(1)
        ranked = Counter(name for names in golds for name in names).most_common(RANKED)
        chosen = sets[0][0] if sets else ()
        return replace(self, answer=LinkedNames(chosen, tuple(name for name, _ in ranked)))

    def code(self, questions: Sequence[TermQuestion]) -> Iterator[LinkedNames]:
        """Yield the same answer for every term."""
        return (self.answer for _ in questions)


@dataclass(frozen=True, slots=True)
class DictionaryLinker:
    """Finds a term, or else each of its parts, among official names and aliases (词典).

    Attributes
    ----------
    target
        Names and aliases.
    splitters
        Rules of splitting by the kind of a term.
    """

    target: TargetNames
    splitters: Mapping[Literal["diagnosis", "procedure"], Splitter]

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(*_DICTIONARY)

    def learn(self, material: LearningSet) -> DictionaryLinker:
        """Return itself."""
        return self

    def code(self, questions: Sequence[TermQuestion]) -> Iterator[LinkedNames]:
        """Yield the names that a term spells; none where it spells none."""
        for question in questions:
            yield LinkedNames(tuple(self._names(question)))

    def _names(self, question: TermQuestion) -> Iterator[str]:
        splitter, text = self.splitters[question.kind], clean(question.wording)
        for spelled in (text, splitter.core(text)):
            if spelled in self.target.exact:
                yield self.target.names[self.target.exact[spelled]]
                return
        places = (self.target.exact.get(part) for part in splitter.parts(text))
        yield from dict.fromkeys(self.target.names[p] for p in places if p is not None)


def _dictionary(given: Parameters, task: TaskSpec, resources: Resources) -> DictionaryLinker:
    return DictionaryLinker(
        target_names(task, resources),
        {
            "diagnosis": load_splitter(resources.rules, "diagnosis"),
            "procedure": load_splitter(resources.rules, "procedure"),
        },
    )


MAJORITY = RegisteredCoder(*_MAJORITY, Parameters, lambda given, task, resources: MajorityLinker())
DICTIONARY = RegisteredCoder(*_DICTIONARY, Parameters, _dictionary)

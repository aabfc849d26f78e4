"""Which questions of the files belong to a split (划分规则): all, or a part under a seeded rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from zhibian.evaluation.coders.interface import RecordQuestion, TermQuestion
from zhibian.evaluation.data.hash_split import Split, pick, split
from zhibian.evaluation.data.reading import AnyExample
from zhibian.evaluation.questions import PageQuestion
from zhibian.evaluation.tasks.spec import SplitSpec


@dataclass(frozen=True, slots=True)
class HashAside:
    """Set aside by the hash of the words (按哈希留出), as ``hash-aside:link-2026-11:1/6``.

    Attributes
    ----------
    seed
        Name of the split; another seed gives another one.
    share
        Share of the hash space that is kept aside.
    """

    seed: str
    share: float

    def parts(self, examples: Sequence[AnyExample]) -> Split:
        """Return the places of the three parts."""
        return split([words_of(example) for example in examples], self.seed, aside=self.share)


def rule_of(spec: SplitSpec) -> HashAside | None:
    """Return the rule of a split, None where it is all of its files; the schema checks its form."""
    if spec.rule is None:
        return None
    _, seed, share = spec.rule.split(":")
    return HashAside(seed, float(Fraction(share)))


def part_of(spec: SplitSpec, examples: Sequence[AnyExample]) -> list[AnyExample]:
    """Return the questions of a split out of those of its files."""
    rule = rule_of(spec)
    if rule is None:
        return list(examples)
    parts = rule.parts(examples)
    return pick(examples, {"fit": parts.fit, "tune": parts.tune, "aside": parts.aside}[spec.part])


def words_of(example: AnyExample) -> str:
    """Return the words of a question: a term, a text, or all documents of a record."""
    question = example.question
    if isinstance(question, TermQuestion):
        return question.wording
    if isinstance(question, RecordQuestion):
        return "\n".join(document.text for document in question.case.documents)
    if isinstance(question, PageQuestion):
        return "\n".join(document.text for document in question.read.case.documents)
    return str(question.text)

"""The one interface of systems under test (被测系统接口): a `Coder` learns, then answers.

A record and a term are questions of the same kind: words in, codes out. What differs is the
question and the answer, hence the two type variables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from zhibian.evaluation.examples import Example
from zhibian.records.types import Case

Q_contra = TypeVar("Q_contra", contravariant=True)
A_co = TypeVar("A_co", covariant=True)


@dataclass(frozen=True, slots=True)
class CoderInfo:
    """What a reader of a result must know of a system (系统说明).

    Attributes
    ----------
    name
        Name in tables, such as ``tfidf-lr``.
    title
        The same in Chinese, a few words.
    learns
        Whether it learns from the fit part of the task.
    versions
        Of what it uses: models, rules, packages.
    parameters
        Its settings, as they stand in the configuration.
    notes
        What happened while it learned and answered, such as how many answers could not be read.
        Unlike the rest it may grow: it takes no part in telling two systems apart.
    """

    name: str
    title: str
    learns: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LearningSet:
    """What a system may learn from (训练材料).

    Attributes
    ----------
    fit, tune
        Parts of the task; the runner has made sure that no test question is among them.
    seed
        Of all random choices.
    work
        Folder for checkpoints of this system and fold; None keeps nothing.
    """

    fit: Sequence[Example[Any, Any]]
    tune: Sequence[Example[Any, Any]]
    seed: int
    work: Path | None = None


class Coder(Protocol[Q_contra, A_co]):
    """A system under test (被测系统)."""

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        ...

    def learn(self, material: LearningSet) -> Coder[Q_contra, A_co]:
        """Return a system that has learned; one that learns nothing returns itself."""
        ...

    def code(self, questions: Sequence[Q_contra]) -> Iterator[A_co]:
        """Yield one answer a question, in order."""
        ...


# --- whole records -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordQuestion:
    """A record to be coded (待编码病历).

    Attributes
    ----------
    case
        Documents and admission; no filed page (``coded_front_page`` is None).
    code_set
        Edition in which codes are wanted: ``nhsa-2.0``, ``clinical-2.0``.
    """

    case: Case
    code_set: str


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a record (出处): number of the document, first character, one past the last."""

    document: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CodedLine:
    """One code of an answer (一条编码).

    Attributes
    ----------
    code
        In the edition that was asked for.
    confidence
        0 to 1; None where a system tells none.
    poa
        Entry condition, ``1`` to ``4``; None where a system tells none.
    evidence
        Places that support it, best first.
    """

    code: str
    confidence: float | None = None
    poa: str | None = None
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class CodedPage:
    """The answer for a record (编码结果).

    Attributes
    ----------
    principal, others, procedures
        The page that the system would file.
    ranked_diagnoses, ranked_procedures
        Codes worth a look, best first, page and beyond: what precision@k and recall@k read.
        Empty where a system ranks nothing; the page in order of confidence is taken then.
    seconds
        Wall-clock time spent on this record; None where it wasn't measured one by one.
    """

    principal: CodedLine | None
    others: tuple[CodedLine, ...] = ()
    procedures: tuple[CodedLine, ...] = ()
    ranked_diagnoses: tuple[str, ...] = ()
    ranked_procedures: tuple[str, ...] = ()
    seconds: float | None = None


# --- terms ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TermQuestion:
    """A term to be linked (待链接术语); ``id`` is that of its example."""

    wording: str
    kind: Literal["diagnosis", "procedure"]
    id: str = ""


@dataclass(frozen=True, slots=True)
class LinkedNames:
    """The answer for a term (链接结果): names of the code set, not codes, which may share a name.

    Attributes
    ----------
    chosen
        Names that the system would take, in order.
    ranked
        Candidates, best first.
    """

    chosen: tuple[str, ...]
    ranked: tuple[str, ...] = ()

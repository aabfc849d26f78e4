"""Trained models as optional voices of coding (可选模型): what each may add, and nothing more.

Without any of them coding works by dictionary and rules. A voice never decides alone: a code
needs a stretch of the record whose words are shown, and the rules of selection apply to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from zhibian.documents.types import Mention, Reading, Span

Kind = Literal["diagnosis", "procedure"]


@dataclass(frozen=True, slots=True)
class TaggedMention:
    """A stretch of text that a tagger takes for a diagnosis or a procedure (标注提及).

    Attributes
    ----------
    mention
        Where it stands and what the record says of it; ``term`` holds its own normalised words.
    kind
        What it names.
    score
        How sure the tagger is, 0 to 1.
    """

    mention: Mention
    kind: Kind
    score: float


class MentionTagger(Protocol):
    """Finds mentions that no dictionary has (实体标注器)."""

    @property
    def version(self) -> str:
        """Return name and version of the model, for the report."""
        ...

    def tag(self, reading: Reading) -> Sequence[TaggedMention]:
        """Return mentions in order of document and position, with their assertion."""
        ...


@dataclass(frozen=True, slots=True)
class PhraseCode:
    """A code for a phrase, with a calibrated score (短语编码).

    Attributes
    ----------
    code
        Code of the NHSA set of the asked kind.
    score
        Share of phrases with such an answer for which the code is right, 0 to 1.
    """

    code: str
    score: float


class PhraseLinker(Protocol):
    """Finds the code of a phrase that no dictionary has (短语链接器)."""

    @property
    def version(self) -> str:
        """Return name and version of the model, for the report."""
        ...

    def link(self, phrases: Sequence[str], kind: Kind) -> Sequence[Sequence[PhraseCode]]:
        """Return ranked codes for every phrase, best first; none for an empty phrase."""
        ...


@dataclass(frozen=True, slots=True)
class RecordCode:
    """A code that a whole record speaks for (全文编码).

    Attributes
    ----------
    code
        NHSA ICD-10 code.
    as_principal, as_other
        Probability of being the principal diagnosis, and one of the other diagnoses.
    span
        The stretch of the record that spoke for it most.
    """

    code: str
    as_principal: float
    as_other: float
    span: Span


class RecordClassifier(Protocol):
    """Tells the likely codes of a whole record (全文分类器), trained by a hospital."""

    @property
    def version(self) -> str:
        """Return name and version of the model, for the report."""
        ...

    def classify(self, reading: Reading) -> Sequence[RecordCode]:
        """Return codes by falling probability."""
        ...


@dataclass(frozen=True, slots=True)
class Voices:
    """The trained models in use (在用模型); every one may be absent."""

    linker: PhraseLinker | None = None
    tagger: MentionTagger | None = None
    classifier: RecordClassifier | None = None

    @property
    def versions(self) -> tuple[str, ...]:
        """Return the versions of the models in use, for the report."""
        voices = (self.linker, self.tagger, self.classifier)
        return tuple(voice.version for voice in voices if voice is not None)


NO_VOICES = Voices()

"""The record classifier at work (全文分类器): a case's likely codes, each with its passage.

It is a voice beside others: what it says adds confidence to codes that the record states,
or names codes to look at; it never puts a code on the page.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from zhibian.coding.record_codes.features import TERMS, find_terms
from zhibian.coding.record_codes.model import ATTENTION, CODE_SET_NHSA, Label, RecordModel
from zhibian.coding.record_codes.parts import Floats, LinearPart, Scores
from zhibian.coding.record_codes.text import Passage, passages_of
from zhibian.coding.voices import RecordCode
from zhibian.documents.types import Reading, Span
from zhibian.problems import Problem
from zhibian.terminology.code_set import CodeSet
from zhibian.terminology.crosswalk import Crosswalk

# Below, a code is one of hundreds that the record does not exclude.
_LEAST_CHANCE = 0.05
_AROUND = 5


@dataclass(frozen=True, slots=True)
class Attended:
    """What label attention says of one record (注意力结果).

    Attributes
    ----------
    scores
        Scores, one row.
    weights
        Attention (labels, pieces).
    places
        Where each piece stands.
    """

    scores: Scores
    weights: Floats
    places: Sequence[Span]


class AttentionReader(Protocol):
    """Reads a record with label attention (标签注意力)."""

    def read(self, passages: Sequence[Passage]) -> Attended:
        """Score one record and tell what each label looked at."""
        ...


class BlendedClassifier:
    """A trained model folder as a voice of coding; see `zhibian.coding.voices`.

    Parameters
    ----------
    model
        The folder, read.
    codes
        Label number to NHSA code; labels without one are never named.
    attention
        Reader of the attention part; None where the model has none.
    """

    def __init__(
        self, model: RecordModel, codes: Mapping[int, str], attention: AttentionReader | None
    ) -> None:
        self.version = model.version
        self._model = model
        self._codes = codes
        self._attention = attention

    def classify(self, reading: Reading) -> Sequence[RecordCode]:
        """Return codes by falling probability, each with the stretch that spoke for it most."""
        passages = passages_of(reading)
        if not passages:
            return ()
        scores = {name: part.score([passages]) for name, part in self._model.linear.items()}
        attended = None if self._attention is None else self._attention.read(passages)
        if attended is not None:
            scores[ATTENTION] = attended.scores
        principal, others = (chances[0] for chances in self._model.blend.blend(scores))
        found: dict[str, RecordCode] = {}
        for label in np.argsort(-np.maximum(principal, others), kind="stable"):
            code = self._codes.get(int(label))
            if code is None or max(principal[label], others[label]) < _LEAST_CHANCE:
                continue
            span = self._span(int(label), passages, attended)
            if span is not None and code not in found:
                found[code] = RecordCode(
                    code, float(principal[label]), float(others[label]), _sentence(reading, span)
                )
        return tuple(found.values())

    def _span(
        self, label: int, passages: Sequence[Passage], attended: Attended | None
    ) -> Span | None:
        if attended is not None and attended.places:
            around = np.convolve(attended.weights[label], np.ones(_AROUND), mode="same")
            return attended.places[int(around.argmax())]
        part = self._model.linear.get(TERMS)
        return None if part is None else weightiest(label, passages, part)


def label_codes(
    labels: Sequence[Label], code_set: str, diagnoses: CodeSet, crosswalk: Crosswalk
) -> tuple[dict[int, str], list[Problem]]:
    """Return label number to NHSA code, and a warning for every label that has none.

    Parameters
    ----------
    labels
        Labels of a model.
    code_set
        Edition of their codes.
    diagnoses
        The NHSA set.
    crosswalk
        From the clinical edition to it.
    """
    codes: dict[int, str] = {}
    problems = []
    for place, label in enumerate(labels):
        own = label.code in diagnoses and code_set == CODE_SET_NHSA
        conversion = None if own else crosswalk.convert(label.code, label.name or None)
        code = label.code if conversion is None else conversion.target
        if code is not None and code in diagnoses:
            codes[place] = code
        else:
            message = f"模型标签 {label.code} 不在医保版编码中，也无法唯一转换，不参与提示"
            remedy = "核对训练病历所用的编码版本（zhibian train classifier --code-set）"
            problems.append(
                Problem(label.code, "label_unmapped", message, remedy, severity="warning")
            )
    return codes, problems


def weightiest(label: int, passages: Sequence[Passage], part: LinearPart) -> Span | None:
    """Return where the term stands that speaks most for a label; None where none does.

    Parameters
    ----------
    label
        Number of the label.
    passages
        The record.
    part
        A linear part over terms.
    """
    weights = np.asarray(
        np.maximum(part.principal[label].toarray(), part.others[label].toarray())
    ).ravel()
    best: tuple[float, Span] | None = None
    for passage in passages:
        places = ("*", *part.space.groups.get(passage.section, (passage.section,)))
        for start, end, term in find_terms(passage.text, part.space.terms):
            columns = (part.space.columns.get(f"{place}\t{term}") for place in places)
            worth = float(sum(weights[c] * part.space.rarity[c] for c in columns if c is not None))
            if worth > 0 and (best is None or worth > best[0]):
                begin = passage.start
                best = (worth, Span(passage.document, begin + start, begin + end))
    return None if best is None else best[1]


def _sentence(reading: Reading, span: Span) -> Span:
    """Return the sentence around a place: what a coder can read and judge."""
    sentences = [s.span for s in reading.sentences if s.span.document == span.document]
    place = bisect_right([s.start for s in sentences], span.start) - 1
    if place >= 0 and sentences[place].end >= span.end:
        return sentences[place]
    return span

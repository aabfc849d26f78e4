"""A trained tagger of clinical entities (临床实体标注): mentions that no dictionary has.

A linear-chain conditional random field over characters. Its weights are whole numbers keyed
by hashed features (:mod:`zhibian.documents.tag_features`), so reading needs numpy alone.
Sentences are decoded side by side, which keeps a record of 3,000 characters within some
hundredths of a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zhibian.documents.lexicon import CueLexicon
from zhibian.documents.matcher import TermMatcher
from zhibian.documents.reader import place_mentions
from zhibian.documents.tag_features import dictionary_marks, feature_keys
from zhibian.documents.types import Mention, Reading

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int8]

OUTSIDE = "O"
LONGEST_PIECE = 160
_PIECE_END = re.compile(r"[。;!\n]")
_CHUNK = 20_000
_EDGES = " ,。、;:?!\"'+-\n"


class EntityType(StrEnum):
    """What a tagged stretch names (实体类别)."""

    DISEASE = "疾病和诊断"
    SYMPTOM = "症状"
    FINDING = "表现"
    PROCEDURE = "手术"
    ANATOMY = "解剖部位"
    DRUG = "药物"
    LABORATORY = "实验室检验"
    IMAGING = "影像检查"


class TermKind(StrEnum):
    """What a dictionary term names, as the tagger is told of it (词典类别)."""

    DISEASE = "disease"
    SYMPTOM = "symptom"
    PROCEDURE = "procedure"


_KIND_NUMBERS = {kind: number for number, kind in enumerate(TermKind, 1)}


@dataclass(frozen=True, slots=True)
class Entity:
    """A tagged stretch of one text (标注片段): start, end (exclusive), type, how sure."""

    start: int
    end: int
    type: EntityType
    score: float


@dataclass(frozen=True, slots=True)
class EntityMention:
    """A tagged stretch with section, sentence and assertion (标注提及)."""

    mention: Mention
    type: EntityType
    score: float


@dataclass(frozen=True, slots=True)
class TaggerWeights:
    """What training left (标注器权重).

    Attributes
    ----------
    labels
        ``O``, ``B-疾病和诊断``, ``I-疾病和诊断`` …
    keys
        Hashes of the features, in order.
    states
        Weight of each feature for each label, in ``scale`` parts.
    transitions
        Weight of each label behind each label.
    scale
        What one part of a state weight is worth.
    """

    labels: tuple[str, ...]
    keys: npt.NDArray[np.uint32]
    states: Whole
    transitions: Floats
    scale: float


@dataclass(frozen=True, slots=True)
class DictionaryHints:
    """Dictionary terms as the tagger is told of them (词典提示).

    Attributes
    ----------
    matcher
        Finds terms; those without a kind are passed over.
    kinds
        Terms in normal form and what they name.
    """

    matcher: TermMatcher
    kinds: Mapping[str, TermKind]

    def marks(self, normalised: str) -> npt.NDArray[np.uint64]:
        """Return what the dictionary says of every character of a normalised text."""
        found = (
            (start, end, _KIND_NUMBERS[self.kinds[term]])
            for start, end, term in self.matcher.find(normalised)
            if term in self.kinds
        )
        return dictionary_marks(len(normalised), found)


class EntityTagger:
    """Tag normalised text.

    Parameters
    ----------
    weights
        From :func:`read_weights`.
    hints
        What the dictionary says of a text: a hint, not a bound.
    """

    def __init__(self, weights: TaggerWeights, hints: DictionaryHints) -> None:
        self._weights = weights
        self._hints = hints
        blank = np.zeros((1, len(weights.labels)), np.int8)
        self._states = np.concatenate([weights.states, blank])
        self._places = np.append(weights.keys, np.uint32(0))

    def tag(self, normalised: str) -> Iterator[Entity]:
        """Yield the entities of a text in order; they don't overlap.

        Parameters
        ----------
        normalised
            Text from :func:`zhibian.documents.normalise.normalise`.
        """
        pieces = list(sentence_pieces(normalised))
        for _, group in groupby(pieces, key=lambda piece: piece[0] // _CHUNK):
            yield from self._tag_pieces(normalised, list(group))

    def _tag_pieces(self, text: str, pieces: Sequence[tuple[int, int]]) -> Iterator[Entity]:
        begin, finish = pieces[0][0], pieces[-1][1]
        stretch = text[begin:finish]
        emissions = self._emissions(feature_keys(stretch, self._hints.marks(stretch)))
        inner = [(start - begin, end - begin) for start, end in pieces]
        states, sure = decode(emissions, self._weights.transitions, inner)
        for start, end in inner:
            for entity in _entities(states[start:end], sure[start:end], self._weights.labels):
                whole = _trimmed(entity, text, begin + start)
                if whole is not None:
                    yield whole

    def _emissions(self, keys: npt.NDArray[np.uint32]) -> Floats:
        known = self._weights.keys
        total = np.zeros((keys.shape[1], self._states.shape[1]), np.int32)
        for row in keys:
            places = np.searchsorted(known, row)
            places[self._places[places] != row] = len(known)
            total += self._states[places]
        return total.astype(np.float32) * np.float32(self._weights.scale)


def sentence_pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches that are tagged on their own: sentences, long ones in parts."""
    start = 0
    for mark in _PIECE_END.finditer(text):
        yield from _parts(text, start, mark.end())
        start = mark.end()
    yield from _parts(text, start, len(text))


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST_PIECE:
        comma = text.rfind(",", start + LONGEST_PIECE // 2, start + LONGEST_PIECE)
        stop = start + LONGEST_PIECE if comma == -1 else comma + 1
        yield start, stop
        start = stop
    if start < end:
        yield start, end


def decode(
    emissions: Floats, transitions: Floats, pieces: Sequence[tuple[int, int]]
) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return the likeliest label of every character, and the probability of each.

    Parameters
    ----------
    emissions
        One row a character, one column a label.
    transitions
        Weight of a label (column) behind a label (row).
    pieces
        Start and end of the sequences within the rows.

    Returns
    -------
    array of int, array of float32
        Labels of the best sequences; marginal probability of each label chosen.
    """
    order = sorted(pieces, key=lambda piece: piece[0] - piece[1])
    starts = np.array([start for start, _ in order], np.intp)
    lengths = np.array([end - start for start, end in order], np.intp)
    # How many sequences still run at each step: they are sorted, the longest first.
    running = [int(np.searchsorted(-lengths, -step, side="left")) for step in range(lengths[0])]
    states = _viterbi(emissions, transitions, starts, running)
    sure = _marginals(emissions, transitions, starts, running)
    return states, sure[np.arange(len(states)), states]


def _viterbi(
    emissions: Floats,
    transitions: Floats,
    starts: npt.NDArray[np.intp],
    running: Sequence[int],
) -> npt.NDArray[np.intp]:
    back = np.zeros(emissions.shape, np.int16)
    score = emissions[starts].copy()
    for step in range(1, len(running)):
        live = running[step]
        rows = starts[:live] + step
        ways = score[:live, :, None] + transitions
        back[rows] = ways.argmax(axis=1)
        score[:live] = ways.max(axis=1) + emissions[rows]
    states = np.zeros(len(emissions), np.intp)
    current = score.argmax(axis=1)
    for step in range(len(running) - 1, -1, -1):
        live = running[step]
        rows = starts[:live] + step
        states[rows] = current[:live]
        current[:live] = back[rows, current[:live]]
    return states


def _marginals(
    emissions: Floats,
    transitions: Floats,
    starts: npt.NDArray[np.intp],
    running: Sequence[int],
) -> Floats:
    """Return the probability of every label at every character (forward-backward)."""
    local = np.exp(emissions - emissions.max(axis=1, keepdims=True))
    moves = np.exp(transitions)
    forward = np.zeros_like(local)
    forward[starts] = _even(local[starts])
    for step in range(1, len(running)):
        rows = starts[: running[step]] + step
        forward[rows] = _even((forward[rows - 1] @ moves) * local[rows])
    backward = np.ones_like(local)
    for step in range(len(running) - 2, -1, -1):
        rows = starts[: running[step + 1]] + step
        backward[rows] = _even((backward[rows + 1] * local[rows + 1]) @ moves.T)
    return _even(forward * backward)


def _even(values: Floats) -> Floats:
    total: Floats = np.maximum(values.sum(axis=1, keepdims=True), np.float32(1e-30))
    return np.divide(values, total)


def _entities(
    states: npt.NDArray[np.intp], sure: Floats, labels: Sequence[str]
) -> Iterator[Entity]:
    """Yield runs of labels of one type; an inner label without a beginning begins one."""
    start, kind = 0, ""
    for place, state in enumerate([*states.tolist(), -1]):
        mark, _, name = (labels[state] if state >= 0 else OUTSIDE).partition("-")
        if kind and (mark != "I" or name != kind):
            yield Entity(start, place, EntityType(kind), float(sure[start:place].min()))
            kind = ""
        if mark != OUTSIDE and not kind:
            start, kind = place, name


def _trimmed(entity: Entity, text: str, offset: int) -> Entity | None:
    """Return an entity without signs at its edges and brackets left open; None if nothing stays."""
    start, end = entity.start + offset, entity.end + offset
    words = text[start:end]
    if words.count("(") > words.count(")"):
        end = start + words.rindex("(")
    elif words.count(")") > words.count("("):
        end = start + words.index(")")
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    # Half a Latin word (DW of DWI) is none.
    while start < end < len(text) and _is_latin(text[end - 1]) and _is_latin(text[end]):
        end -= 1
    return Entity(start, end, entity.type, entity.score) if start < end else None


def _is_latin(character: str) -> bool:
    return "A" <= character <= "Z"


def tag_entities(
    reading: Reading, tagger: EntityTagger, cues: CueLexicon, types: frozenset[EntityType]
) -> tuple[EntityMention, ...]:
    """Return the tagged mentions of a case with what the record says of them.

    Parameters
    ----------
    reading
        From :func:`zhibian.documents.reader.read_documents`.
    tagger
        The tagger.
    cues
        Cues of assertion.
    types
        Types wanted.

    Returns
    -------
    tuple of EntityMention
        In order of document and position. As with dictionary terms, stretches in headings
        and those that name no illness where they stand are left out.
    """
    found = []
    for document, text in enumerate(reading.normalised):
        entities = [entity for entity in tagger.tag(text) if entity.type in types]
        matches = [(e.start, e.end, text[e.start : e.end]) for e in entities]
        known = {entity.start: entity for entity in entities}
        for mention in place_mentions(reading, document, matches, cues):
            entity = known[mention.span.start]
            found.append(EntityMention(mention, entity.type, entity.score))
    return tuple(found)


def write_weights(weights: TaggerWeights, path: Path) -> None:
    """Write weights to one file; equal weights give equal bytes.

    Parameters
    ----------
    weights
        The weights.
    path
        A file that ends in ``.npz``.
    """
    np.savez_compressed(
        path,
        labels=np.array(weights.labels),
        keys=weights.keys,
        states=weights.states,
        transitions=weights.transitions,
        scale=np.float32(weights.scale),
    )


def read_weights(path: Path) -> TaggerWeights:
    """Return the weights in a file that :func:`write_weights` wrote.

    Raises
    ------
    OSError, ValueError, KeyError
        The file is absent or no such file.
    """
    with np.load(path, allow_pickle=False) as stored:
        return TaggerWeights(
            labels=tuple(stored["labels"].tolist()),
            keys=stored["keys"],
            states=stored["states"],
            transitions=stored["transitions"],
            scale=float(stored["scale"]),
        )

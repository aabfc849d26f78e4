"""Link phrases of a record with scores that can be believed (短语链接): a floor makes sense.

Scores of the re-ranker order candidates; they were learned on names of other editions. A
logistic curve over the score, its lead and how much of the words phrase and name share turns
it into the share of phrases with such an answer for which the code is right. It is fitted on
the project's own aliases, taken away from the linker as if nobody had written them down.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz

from zhibian.coding.terms.linker import TermLinker
from zhibian.coding.terms.parts import clean
from zhibian.coding.terms.types import Floats, Kind, LinkedCode, Method, TermLink
from zhibian.coding.voices import PhraseCode
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_yaml

FILE = "phrases.yaml"
SIGNS = ("score", "certainty", "lead", "ratio", "phrase_said", "name_said", "short")

_REMEDY = "恢复随程序发布的 models 文件夹，或用 ZHIBIAN_MODELS 指定模型文件夹"
_NEVER_SURE = 1e-3
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Curve:
    """Weights of the signs and their constant (校准曲线)."""

    weights: Floats
    constant: float

    def share(self, signs: Floats) -> Floats:
        """Return the share of right codes for rows of signs (answers, signs)."""
        return np.asarray(1 / (1 + np.exp(-(signs @ self.weights + self.constant))))


Curves = Mapping[tuple[Kind, Method], Curve]


@dataclass(slots=True)
class CalibratedLinker:
    """A `zhibian.coding.voices.PhraseLinker` over the NHSA code sets (校准的短语链接器).

    Nothing is loaded before the first phrase of a kind is asked for.

    Attributes
    ----------
    version
        Name and version of the model.
    make
        Prepares the linker of a kind; called once a kind.
    curves
        Calibration a kind, with and without the encoder.
    """

    version: str
    make: Callable[[Kind], TermLinker]
    curves: Curves
    made: dict[Kind, TermLinker] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def link(self, phrases: Sequence[str], kind: Kind) -> Sequence[Sequence[PhraseCode]]:
        """Return ranked codes for every phrase, best first; none for an empty phrase.

        Parameters
        ----------
        phrases
            As written; a composite phrase has several codes with a high score.
        kind
            ``diagnosis`` or ``procedure``.
        """
        if not any(clean(phrase) for phrase in phrases):
            return [()] * len(phrases)
        return [self._calibrated(answer, kind) for answer in self._linker(kind).link(phrases)]

    def _linker(self, kind: Kind) -> TermLinker:
        with self.lock:
            if kind not in self.made:
                self.made[kind] = self.make(kind)
            return self.made[kind]

    def _calibrated(self, answer: TermLink, kind: Kind) -> Sequence[PhraseCode]:
        listed = ranked(answer)
        if not listed:
            return ()
        shares = self.curves[kind, answer.method].share(signs_of(answer.term, listed))
        found = [
            PhraseCode(one.code, round(float(share), 3))
            for one, share in zip(listed, shares, strict=True)
        ]
        return sorted(found, key=lambda one: -one.score)


def ranked(answer: TermLink) -> Sequence[LinkedCode]:
    """Return the codes of an answer, chosen and others, best first."""
    return (*answer.codes, *answer.alternatives)


def signs_of(phrase: str, listed: Sequence[LinkedCode]) -> Floats:
    """Return what speaks for and against each code (codes, `SIGNS`).

    Parameters
    ----------
    phrase
        As written.
    listed
        Its codes, best first; at least one.
    """
    text = clean(phrase)
    scores = np.array([one.score for one in listed], np.float64)
    first, second = scores[0], scores[1] if len(scores) > 1 else 0.0
    lead = scores - np.where(np.arange(len(scores)) == 0, second, first)
    held = scores.clip(_NEVER_SURE, 1 - _NEVER_SURE)
    rows = list(_shared(text, [clean(one.name) for one in listed]))
    short = np.full(len(listed), float(len(text) <= _SHORT))
    signs = np.column_stack([scores, np.log(held / (1 - held)), lead, rows, short])
    return signs.astype(np.float32)


def _shared(text: str, names: Sequence[str]) -> Iterator[tuple[float, float, float]]:
    own = set(text)
    for name in names:
        letters = set(name)
        common = len(own & letters)
        ratio = fuzz.ratio(text, name) / 100
        yield ratio, common / max(len(own), 1), common / max(len(letters), 1)


def load_curves(path: Path) -> Curves:
    """Read the calibration of a model.

    Raises
    ------
    InputError
        The file is absent or not what `zhibian train phrases` writes.
    """
    content = read_yaml(path, _REMEDY)
    try:
        return {
            (kind, method): Curve(np.array(one["weights"], np.float32), float(one["constant"]))
            for kind, methods in content["curves"].items()
            for method, one in methods.items()
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        message = "短语校准文件不是约定的格式"
        raise InputError(FILE, [Problem(FILE, "phrases_unreadable", message, _REMEDY)]) from None


def curves_as_data(curves: Curves) -> dict[str, Any]:
    """Return curves as the mapping of the file."""
    found: dict[str, Any] = {}
    for (kind, method), curve in curves.items():
        weights = [round(float(w), 4) for w in curve.weights]
        one = {"weights": weights, "constant": round(curve.constant, 4)}
        found.setdefault(kind, {})[method] = one
    return found

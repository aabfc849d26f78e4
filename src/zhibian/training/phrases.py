"""Calibrate the phrase linker on aliases that it does not know (短语链接的校准).

Codes are drawn by a hash, and all aliases of a drawn code are taken away from the linker.
One alias of each is then asked for, none that the encoder was trained on: the linker must
find the official name by itself, as it must with a wording that nobody has written down.
One half of the drawn codes fits the curves, the other half measures them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from zhibian.coding.dictionary import ALIASES
from zhibian.coding.terms.features import columns
from zhibian.coding.terms.linker import TermLinker
from zhibian.coding.terms.load import load_comparer, target_codes
from zhibian.coding.terms.model import LinkModel
from zhibian.coding.terms.parts import clean
from zhibian.coding.terms.phrases import FILE, Curve, curves_as_data, ranked, signs_of
from zhibian.coding.terms.types import Floats, Kind, Method, TermEncoder
from zhibian.evaluation.data.term_pairs import TermPair, read_alias_pairs
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, load_code_set
from zhibian.terminology.tables import write_yaml
from zhibian.training.link_tasks import alias_sample

CODE_SETS: dict[Kind, str] = {"diagnosis": ICD10_NHSA, "procedure": ICD9CM3_NHSA}
FLOORS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_SEED = "phrases-2026-11"
_DRAWN = 1000
_BEST = 6


@dataclass(frozen=True, slots=True)
class Trial:
    """One held-out alias with the answers that the linker gave.

    Attributes
    ----------
    signs
        Rows of `zhibian.coding.terms.phrases.SIGNS` (answers, signs), best first.
    right
        Which answers have the right name (answers,).
    """

    signs: Floats
    right: Floats


def hold_out(
    pairs: Sequence[TermPair], trained: Sequence[TermPair], drawn: int = _DRAWN
) -> tuple[set[str], list[TermPair], list[TermPair]]:
    """Draw the names whose aliases are taken away, and one alias of each.

    Parameters
    ----------
    pairs
        Aliases with their official names.
    trained
        Those that the encoder was trained on.
    drawn
        Names to draw.

    Returns
    -------
    tuple
        The names; aliases to fit on; aliases to measure on.
    """
    known = {(pair.wording, pair.names) for pair in trained}
    by_name: dict[str, list[TermPair]] = {}
    for pair in pairs:
        if (pair.wording, pair.names) not in known:
            by_name.setdefault(pair.names[0], []).append(pair)
    names = sorted(by_name, key=_digest)[:drawn]
    asked = [min(by_name[name], key=lambda pair: _digest(pair.wording)) for name in names]
    return set(names), asked[::2], asked[1::2]


def calibrate(
    rules: Path,
    model: LinkModel,
    encoder: TermEncoder,
    cache: Path,
    log: Callable[[str], None],
) -> dict[str, Any]:
    """Fit and measure the curves of both kinds, with and without the encoder; write them.

    Returns
    -------
    dict
        The content of the file.
    """
    curves: dict[tuple[Kind, Method], Curve] = {}
    measured: dict[str, Any] = {}
    for kind, code_set in CODE_SETS.items():
        official = {c: e.name for c, e in load_code_set(rules, code_set).entries.items()}
        pairs = read_alias_pairs(rules / ALIASES / kind, official)
        names, to_fit, to_measure = hold_out(pairs, alias_sample(pairs))
        left = [(p.wording, p.names[0]) for p in pairs if p.names[0] not in names]
        for used in (encoder, None):
            codes = target_codes(rules, code_set)
            comparer = load_comparer(rules, codes, left, model.labels, used, cache, log)
            ranker = model.rankers[kind, used is not None]
            assert ranker.columns == columns(comparer.attributes.groups, meaning=used is not None)
            linker = TermLinker(comparer, ranker)
            method: Method = "encoder" if used else "spelling"
            curve = fit_curve(_trials(linker, to_fit))
            curves[kind, method] = curve
            found = measure(curve, _trials(linker, to_measure))
            measured.setdefault(kind, {})[method] = found
            log(f"  {kind}, {method}: {found}")
    content = {
        "held_out": {"codes": _DRAWN, "seed": _SEED},
        "measured": measured,
        "curves": curves_as_data(curves),
    }
    write_yaml(model.folder / FILE, content, "由 zhibian train phrases 生成，勿手改")
    return content


def _trials(linker: TermLinker, asked: Sequence[TermPair]) -> list[Trial]:
    found = []
    for answer, pair in zip(linker.link([p.wording for p in asked]), asked, strict=True):
        listed = ranked(answer)[:_BEST]
        if listed:
            right = [clean(one.name) == clean(pair.names[0]) for one in listed]
            found.append(Trial(signs_of(answer.term, listed), np.array(right, np.float32)))
    return found


def fit_curve(trials: Sequence[Trial]) -> Curve:
    """Fit a logistic curve over all answers of all trials."""
    signs = np.concatenate([trial.signs for trial in trials])
    right = np.concatenate([trial.right for trial in trials])
    with threadpool_limits(1):
        model = LogisticRegression(C=10.0, max_iter=2000).fit(signs, right)
    return Curve(model.coef_[0].astype(np.float32), float(model.intercept_[0]))


def measure(curve: Curve, trials: Sequence[Trial]) -> dict[str, Any]:
    """Tell for each floor how many best answers reach it, and how many of these are right."""
    shares = [curve.share(trial.signs) for trial in trials]
    best = np.array([share.max() for share in shares])
    right = np.array(
        [bool(trial.right[int(s.argmax())]) for trial, s in zip(trials, shares, strict=True)]
    )
    floors = {}
    for floor in FLOORS:
        taken = best >= floor
        answered, hits = int(taken.sum()), int(right[taken].sum())
        floors[str(floor)] = {
            "answered": answered,
            "precision": round(hits / answered, 3) if answered else None,
            "interval": [round(bound, 3) for bound in wilson(hits, answered)],
        }
    return {"n": len(trials), "first_right": round(float(right.mean()), 3), "floors": floors}


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927); all there is without observations."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _digest(text: str) -> str:
    return hashlib.sha256(f"{_SEED}\t{text}".encode()).hexdigest()

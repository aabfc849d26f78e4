"""How many terms are linked in a second, beside TF-IDF and rapidfuzz.

Run with ``pytest tests/performance/bench_linking.py -m performance -s``. The terms are
names of the code set with a side, a number or another name joined to them. Times are
printed, never asserted: they depend on the machine; processor time depends on it less.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import TfidfVectorizer

from zhibian.coding.terms.load import load_linker, target_codes
from zhibian.coding.terms.model import load_link_model
from zhibian.coding.terms.types import TermEncoder
from zhibian.settings import Settings

TERMS = 1000
FEW = 100


def invented_terms(names: Sequence[str]) -> list[str]:
    dice = random.Random(7)
    sides = ("左侧", "右侧", "双侧", "", "", "1.", "慢性", "术后")
    return [
        dice.choice(sides) + "、".join(dice.sample(names, dice.choice((1, 1, 1, 2, 3))))
        for _ in range(TERMS)
    ]


def timed(label: str, work: Callable[[], object], count: int) -> None:
    started, used = time.perf_counter(), time.process_time()
    work()
    seconds, busy = time.perf_counter() - started, time.process_time() - used
    print(
        f"{label}: {count / seconds:,.0f} terms/s, {1000 * busy / count:.1f} ms of processor each"
    )


@pytest.mark.performance
@pytest.mark.parametrize("neural", [False, True])
def test_linking_speed(rules: Path, neural: bool) -> None:
    codes = target_codes(rules, "icd10-nhsa-2.0")
    names = [c.name for c in codes]
    terms = invented_terms(names)
    settings = Settings()
    model = load_link_model(settings.models)
    encoder: TermEncoder | None = None
    if neural:
        pytest.importorskip("onnxruntime", reason="the extra models is not installed")
        from zhibian.neural.onnx_encoder import load_encoder  # noqa: PLC0415

        encoder = load_encoder(model)
    started = time.perf_counter()
    linker = load_linker(rules, codes, model, encoder, settings.cache)
    print(f"\nload, encoder={neural}: {time.perf_counter() - started:.1f} s")
    timed("first term", lambda: list(linker.link(terms[:1])), 1)
    timed("one by one", lambda: list(linker.link(terms[:FEW], batch_size=1)), FEW)
    timed(f"zhibian, encoder={neural}", lambda: list(linker.link(terms)), TERMS)
    timed("TF-IDF characters 1-3", lambda: nearest_by_grams(terms, names), TERMS)
    timed(
        "rapidfuzz ratio",
        lambda: [process.extractOne(t, names, scorer=fuzz.ratio) for t in terms[:FEW]],
        FEW,
    )


def nearest_by_grams(terms: Sequence[str], names: Sequence[str]) -> list[str]:
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    matrix = vectorizer.fit_transform(names).T.tocsr()
    found = []
    for start in range(0, len(terms), 128):
        near = (vectorizer.transform(terms[start : start + 128]) @ matrix).toarray()
        found += [names[place] for place in np.argmax(near, axis=1)]
    return found

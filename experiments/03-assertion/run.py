"""Compare the assertion rules with rules and a learned classifier on CHIP-CDEE (断言分类实验).

Usage: ``python experiments/03-assertion/run.py CHIP_CDEE_FOLDER``; writes ``results.json``
beside this file.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from zhibian.documents.assertion import assert_mention
from zhibian.documents.lexicon import CueLexicon, load_reading_lexicon
from zhibian.documents.types import Assertion, SectionKind
from zhibian.settings import Settings
from zhibian.terminology.tables import sha256_of
from zhibian.evaluation.data.tagged_texts import CDEE_FILES, Event, EventText, read_cdee

SEED = 1
DRAWS = 2_000
BEFORE, BEHIND = 24, 14
STRENGTHS = (0.03, 0.1, 0.3, 1.0)
TENDENCIES = ("", "否定", "不确定")
SAID = {Assertion.NEGATED: "否定", Assertion.POSSIBLE: "不确定"}


@dataclass(frozen=True)
class Example:
    """One event: its text, what the data say, what the rules say, and the words around it."""

    text: int
    gold: str
    ruled: str
    features: dict[str, float]


def examples(texts: tuple[EventText, ...], cues: CueLexicon) -> list[Example]:
    """Return an example for every event whose head was found."""
    return [
        _example(number, text.text, event, cues)
        for number, text in enumerate(texts)
        for event in text.events
    ]


def _example(number: int, text: str, event: Event, cues: CueLexicon) -> Example:
    assertion, cue = assert_mention(text, (event.start, event.end), SectionKind.OTHER, cues)
    before = text[max(0, event.start - BEFORE) : event.start]
    behind = text[event.end : event.end + BEHIND]
    head = text[event.start : event.end]
    features = {f"rule {assertion}": 1.0, f"cue {cue}": 1.0, f"head {head}": 1.0}
    clause = max(before.rfind(sign) for sign in "。;,\n") + 1
    for length in (1, 2, 3):
        for place in range(len(before) - length + 1):
            where = "clause" if place >= clause else "earlier"
            features[f"{where} {before[place : place + length]}"] = 1.0
        for place in range(len(behind) - length + 1):
            features[f"behind {behind[place : place + length]}"] = 1.0
        features[f"left {before[-length:]}"] = 1.0
        features[f"right {behind[:length]}"] = 1.0
    return Example(number, event.tendency, SAID.get(assertion, ""), features)


def f1(gold: np.ndarray, told: np.ndarray, weights: np.ndarray) -> float:
    """Return the macro-F1 of the three tendencies, texts weighted."""
    scores = []
    for tendency in TENDENCIES:
        right = weights[(gold == tendency) & (told == tendency)].sum()
        every = weights[gold == tendency].sum() + weights[told == tendency].sum()
        scores.append(2 * right / max(every, 1))
    return float(np.mean(scores))


def accuracy(gold: np.ndarray, told: np.ndarray, weights: np.ndarray) -> float:
    """Return the share of events that are told right, texts weighted."""
    return float((weights * (gold == told)).sum() / weights.sum())


def main(folder: Path) -> None:
    """Train on the training part, measure on the development part."""
    cues = load_reading_lexicon(Settings().rules).cues
    train = examples(read_cdee(folder, CDEE_FILES[0]), cues)
    dev = examples(read_cdee(folder, CDEE_FILES[1]), cues)
    vectorizer = DictVectorizer()
    inputs = vectorizer.fit_transform([one.features for one in train])
    wanted = np.array([one.gold for one in train])
    # The strength is chosen on every fifth text of the training part.
    held = np.array([one.text % 5 == 0 for one in train])
    tried = {}
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=500).fit(inputs[~held], wanted[~held])
        tried[strength] = accuracy(wanted[held], model.predict(inputs[held]), np.ones(held.sum()))
    best = max(tried, key=lambda strength: tried[strength])
    model = LogisticRegression(C=best, max_iter=500).fit(inputs, wanted)
    gold = np.array([one.gold for one in dev])
    told = {
        "rules": np.array([one.ruled for one in dev]),
        "rules+learned": model.predict(vectorizer.transform([one.features for one in dev])),
    }
    places = np.array([one.text for one in dev])
    texts = np.unique(places)
    generator = np.random.default_rng(SEED)
    results: dict[str, object] = {
        "seed": SEED,
        "data": {name: sha256_of(folder / name) for name in CDEE_FILES},
        "train_events": len(train),
        "dev_events": len(dev),
        "dev_texts": len(texts),
        "dev_tendencies": dict(Counter(gold.tolist())),
        "strength": best,
        "strengths_tried": tried,
    }
    flat = np.ones(len(dev))
    for name, measure in (("accuracy", accuracy), ("macro_f1", f1)):
        differences = []
        for _ in range(DRAWS):
            counts = np.bincount(generator.choice(texts, len(texts)), minlength=texts.max() + 1)
            weights = counts[places].astype(float)
            both, alone = (
                measure(gold, told[name], weights) for name in ("rules+learned", "rules")
            )
            differences.append(both - alone)
        low, high = np.quantile(differences, [0.025, 0.975])
        results[name] = {
            **{system: round(measure(gold, answer, flat), 4) for system, answer in told.items()},
            "difference_interval": [round(float(low), 4), round(float(high), 4)],
        }
    target = Path(__file__).with_name("results.json")
    target.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(target.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

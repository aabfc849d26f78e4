"""Train the mention tagger on two corpora that label different things (实体标注训练).

CEHRNER marks seven types as spans; CHIP-CDEE names the heads of clinical events. Neither says
what the other one would have marked, so each is completed by a model of the other before both
are learned together:

1. a tagger of CEHRNER marks the texts of CHIP-CDEE; heads that it leaves unmarked, or marks as
   anatomy, become findings (表现);
2. a tagger of event heads marks the texts of CEHRNER; what no annotation touches becomes a finding;
3. the tagger that ships learns from both.

Training is L-BFGS with L1 and L2 penalties (python-crfsuite); it has no random part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pycrfsuite

from zhibian.coding.mention_tagger import MANIFEST, NAME, WEIGHTS
from zhibian.documents.tag_features import Keys, feature_keys
from zhibian.documents.tagger import (
    OUTSIDE,
    DictionaryHints,
    EntityTagger,
    EntityType,
    TaggerWeights,
    read_weights,
    sentence_pieces,
    write_weights,
)
from zhibian.evaluation.data.tagged_texts import (
    CDEE_FILES,
    CEHRNER_FILES,
    EventText,
    Stretch,
    TaggedText,
    read_cdee,
    read_cehrner,
)
from zhibian.terminology.tables import sha256_of, write_yaml

# Least score of a mention that coding is told of: below it, few are right on the development
# part (see the card of the model).
FLOOR = 0.5
DRAWS = 2_000
_WHOLE = 127
_EVENT_TYPES = frozenset({EntityType.DISEASE, EntityType.SYMPTOM, EntityType.FINDING})


@dataclass(frozen=True, slots=True)
class Penalty:
    """How training is held back and when it ends (训练参数).

    Attributes
    ----------
    l1, l2
        Penalties on absolute and squared weights.
    rounds
        Most rounds of L-BFGS.
    helper_rounds
        The same of the taggers that only complete the other corpus: they need not be trained
        to the end.
    least
        Occurrences a feature must have.
    """

    l1: float = 0.1
    l2: float = 0.01
    rounds: int = 100
    helper_rounds: int = 60
    least: int = 2


def train_tagger(
    cehrner: Path,
    cdee: Path,
    hints: DictionaryHints,
    log: Callable[[str], None],
    penalty: Penalty = Penalty(),
    work: Path | None = None,
) -> TaggerWeights:
    """Return the weights of the tagger that ships.

    Parameters
    ----------
    cehrner, cdee
        Folders of the data sets; their training parts are read.
    hints
        The dictionary as the tagger is told of it.
    log
        Told of each step.
    penalty
        Settings of the optimiser.
    work
        Where the first two taggers are kept, so that a stopped training need not begin anew;
        None keeps none.

    Raises
    ------
    InputError
        A file is absent or no such data.
    """
    spans = read_cehrner(cehrner, CEHRNER_FILES[0])
    events = [text for text in read_cdee(cdee, CDEE_FILES[0]) if text.complete]
    log(f"CEHRNER {len(spans)} 篇，CHIP-CDEE {len(events)} 篇")
    helper = replace(penalty, rounds=penalty.helper_rounds)
    of_spans = EntityTagger(_kept(work, "spans", spans, hints, helper), hints)
    log("已训练 CEHRNER 标注器")
    heads = [TaggedText(text.text, tuple(_heads(text))) for text in events]
    of_heads = EntityTagger(_kept(work, "heads", heads, hints, helper), hints)
    log("已训练事件标注器")
    completed = [
        *(TaggedText(t.text, _with_findings(_tagged(of_spans, t.text), _heads(t))) for t in events),
        *(TaggedText(t.text, _beside(t.entities, _tagged(of_heads, t.text))) for t in spans),
    ]
    weights = train_crf(completed, hints, penalty)
    log("已训练联合标注器")
    return weights


def _kept(
    work: Path | None,
    name: str,
    texts: Sequence[TaggedText],
    hints: DictionaryHints,
    penalty: Penalty,
) -> TaggerWeights:
    """Train a CRF, or read the one that was kept."""
    if work is None:
        return train_crf(texts, hints, penalty)
    path = work / f"{name}.npz"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f"{name}-writing.npz")
        write_weights(train_crf(texts, hints, penalty), scratch)
        scratch.replace(path)
    # Read back even when just trained: the file rounds, and a resumed run has only the file.
    return read_weights(path)


def _heads(text: EventText) -> Iterator[Stretch]:
    free = 0
    for event in text.events:
        if event.start >= free:
            free = event.end
            yield event.start, event.end, EntityType.FINDING


def _tagged(tagger: EntityTagger, text: str) -> tuple[Stretch, ...]:
    return tuple((e.start, e.end, e.type) for e in tagger.tag(text))


def _with_findings(tagged: Sequence[Stretch], heads: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Add heads that no entity but anatomy touches; they replace that anatomy."""
    kept = list(tagged)
    for head in heads:
        touched = [one for one in kept if _overlap(one, head)]
        if all(one[2] is EntityType.ANATOMY for one in touched):
            kept = [one for one in kept if one not in touched]
            kept.append(head)
    return tuple(sorted(kept))


def _beside(annotated: Sequence[Stretch], heads: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Add heads that no annotation touches."""
    free = [h for h in heads if not any(_overlap(one, h) for one in annotated)]
    return tuple(sorted([*annotated, *free]))


def _overlap(one: Stretch, other: Stretch) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def train_crf(
    texts: Sequence[TaggedText], hints: DictionaryHints, penalty: Penalty
) -> TaggerWeights:
    """Return the weights of a linear-chain CRF for tagged texts.

    Parameters
    ----------
    texts
        Texts with entities that don't overlap.
    hints
        The dictionary as the tagger is told of it.
    penalty
        Settings of the optimiser; features rarer than ``least`` are left out.
    """
    features = [feature_keys(text.text, hints.marks(text.text)) for text in texts]
    every, counts = np.unique(np.concatenate([k.ravel() for k in features]), return_counts=True)
    kept = every[counts >= penalty.least]
    trainer = pycrfsuite.Trainer(verbose=False)
    for text, keys in zip(texts, features, strict=True):
        known = kept[np.minimum(np.searchsorted(kept, keys), len(kept) - 1)] == keys
        labels = bio_labels(text)
        for start, end in sentence_pieces(text.text):
            items = [_names(keys[:, at], known[:, at]) for at in range(start, end)]
            trainer.append(items, labels[start:end])
    trainer.select("lbfgs")
    trainer.set_params({"c1": penalty.l1, "c2": penalty.l2, "max_iterations": penalty.rounds})
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.crfsuite")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        with tagger.open(path):
            return _weights(tagger)


def _names(keys: Keys, known: np.ndarray) -> list[str]:
    return [f"{key:x}" for key in keys[known].tolist()]


def bio_labels(text: TaggedText) -> list[str]:
    """Return a label a character: ``B-`` where an entity begins, ``I-`` within, else ``O``."""
    labels = [OUTSIDE] * len(text.text)
    for start, end, kind in text.entities:
        labels[start:end] = [f"I-{kind.value}"] * (end - start)
        labels[start] = f"B-{kind.value}"
    return labels


def _weights(tagger: Any) -> TaggerWeights:
    """Return the weights of a trained model as whole numbers."""
    info = tagger.info()
    labels = sorted(tagger.labels())
    columns = {label: place for place, label in enumerate(labels)}
    keys = np.array(sorted({int(name, 16) for name, _ in info.state_features}), np.uint32)
    rows = {key: place for place, key in enumerate(keys.tolist())}
    states = np.zeros((len(keys), len(labels)))
    for (name, label), weight in info.state_features.items():
        states[rows[int(name, 16)], columns[label]] = weight
    transitions = np.zeros((len(labels), len(labels)), np.float32)
    for (before, label), weight in info.transitions.items():
        transitions[columns[before], columns[label]] = weight
    scale = float(np.abs(states).max()) / _WHOLE
    whole = np.rint(states / scale).astype(np.int8)
    used = whole.any(axis=1)
    return TaggerWeights(tuple(labels), keys[used], whole[used], transitions, scale)


def measure_spans(tagger: EntityTagger, texts: Sequence[TaggedText]) -> dict[str, Any]:
    """Return strict scores on CEHRNER: an entity counts where span and type are right.

    Findings are not marked there and are left out. The interval is a bootstrap over texts.

    Parameters
    ----------
    tagger
        The tagger.
    texts
        Texts with their gold entities.
    """
    gold = [set(text.entities) for text in texts]
    told = [
        {one for one in _tagged(tagger, text.text) if one[2] is not EntityType.FINDING}
        for text in texts
    ]
    counts = np.array([[len(g & t), len(t), len(g)] for g, t in zip(gold, told, strict=True)])
    draws = np.random.default_rng(1).integers(0, len(texts), (DRAWS, len(texts)))
    low, high = np.quantile([_f1(*counts[draw].sum(axis=0)) for draw in draws], [0.025, 0.975])
    right, found, wanted = counts.sum(axis=0).tolist()
    return {
        "texts": len(texts),
        "entities": wanted,
        "precision": round(right / max(found, 1), 4),
        "recall": round(right / max(wanted, 1), 4),
        "f1": round(_f1(right, found, wanted), 4),
        "interval": [round(float(low), 4), round(float(high), 4)],
        "f1_by_type": {
            kind.value: round(_f1_of(kind, gold, told), 4)
            for kind in EntityType
            if kind is not EntityType.FINDING
        },
    }


def _f1_of(kind: EntityType, gold: Sequence[set[Stretch]], told: Sequence[set[Stretch]]) -> float:
    pairs = [
        ({one for one in g if one[2] is kind}, {one for one in t if one[2] is kind})
        for g, t in zip(gold, told, strict=True)
    ]
    return _f1(
        sum(len(g & t) for g, t in pairs),
        sum(len(t) for _, t in pairs),
        sum(len(g) for g, _ in pairs),
    )


def _f1(right: int, found: int, wanted: int) -> float:
    return 2 * right / max(found + wanted, 1)


def measure_heads(tagger: EntityTagger, texts: Sequence[EventText]) -> dict[str, Any]:
    """Return how many event heads of CHIP-CDEE a disease, symptom or finding touches.

    Parameters
    ----------
    tagger
        The tagger.
    texts
        Texts with their events; those with a head that was not found are left out.
    """
    whole = [text for text in texts if text.complete]
    reached = events = idle = told = 0
    for text in whole:
        heads = list(_heads(text))
        marked = [one for one in _tagged(tagger, text.text) if one[2] in _EVENT_TYPES]
        events += len(heads)
        reached += sum(any(_overlap(one, head) for one in marked) for head in heads)
        told += len(marked)
        idle += sum(not any(_overlap(one, head) for head in heads) for one in marked)
    return {
        "texts": len(whole),
        "heads": events,
        "recall": round(reached / max(events, 1), 4),
        "marked": told,
        "marked_without_head": round(idle / max(told, 1), 4),
    }


def measure_tagger(
    tagger: EntityTagger, cehrner: Path, cdee: Path, *, test: bool
) -> dict[str, Any]:
    """Return the figures of a tagger on the development parts, or on the test part of CEHRNER.

    Parameters
    ----------
    tagger
        The tagger.
    cehrner, cdee
        Folders of the data sets.
    test
        Whether to read the test part: once, when every choice is made.
    """
    if test:
        return {"cehrner_test": measure_spans(tagger, read_cehrner(cehrner, CEHRNER_FILES[2]))}
    return {
        "cehrner_dev": measure_spans(tagger, read_cehrner(cehrner, CEHRNER_FILES[1])),
        "cdee_dev": measure_heads(tagger, read_cdee(cdee, CDEE_FILES[1])),
    }


def sources(cehrner: Path, cdee: Path) -> list[Path]:
    """Return the files that training and its choices read."""
    return [*(cehrner / file for file in CEHRNER_FILES[:2]), *(cdee / file for file in CDEE_FILES)]


def write_tagger(
    weights: TaggerWeights, folder: Path, sources: Sequence[Path], figures: dict[str, Any]
) -> None:
    """Write weights and manifest.

    Parameters
    ----------
    weights
        What was trained.
    folder
        Model folder; it is made if absent.
    sources
        Data files that were read; their sha256 are noted.
    figures
        Figures on the development parts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_weights(weights, folder / WEIGHTS)
    content = {
        "version": NAME,
        "split": {path.name: sha256_of(path) for path in sources},
        "features": len(weights.keys),
        "labels": list(weights.labels),
        "floor": FLOOR,
        "measured": figures,
        "files": {WEIGHTS: sha256_of(folder / WEIGHTS)},
    }
    write_yaml(folder / MANIFEST, content, "由 zhibian train tagger 生成，勿手改")

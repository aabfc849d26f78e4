"""Train, write and measure the term-linking model (术语链接模型的训练与评测)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from zhibian.coding.terms.features import columns
from zhibian.coding.terms.linker import BATCH, Comparer, TermLinker
from zhibian.coding.terms.load import (
    load_comparer,
    load_linker,
    named_aliases,
    target_codes_of_file,
)
from zhibian.coding.terms.meaning import Labels
from zhibian.coding.terms.model import (
    ENCODER,
    LABEL_VECTORS,
    LABELS,
    MANIFEST,
    NAME,
    REMEDY,
    TOKENIZER,
    LinkModel,
    pack_labels,
    ranker_file,
)
from zhibian.coding.terms.parts import clean
from zhibian.coding.terms.types import TermEncoder
from zhibian.evaluation.data.hash_split import pick
from zhibian.evaluation.data.term_pairs import TermPair, read_names
from zhibian.evaluation.term_linking import accuracy, micro_f1, score_term, with_interval
from zhibian.terminology.tables import read_yaml, sha256_of, write_csv, write_yaml
from zhibian.training.labels import learn_labels
from zhibian.training.link_corpora import Corpus
from zhibian.training.ranker import Example, TreeRecipe, train_ranker


def learn_all_labels(corpora: Sequence[Corpus], encoder: TermEncoder, *, tune: bool) -> Labels:
    """Learn labels from the training parts of all data sets, with or without the tuning parts.

    Rankers are trained beside labels that never saw the tuning parts. The labels that are
    shipped know these as well: a name seen in more wordings is found more surely.
    """
    pairs = [
        p for c in corpora for p in pick(c.pairs, c.parts.learned(tune=tune)) if clean(p.wording)
    ]
    texts = [clean(p.wording) for p in pairs]
    chunks = [texts[i : i + 512] for i in range(0, len(texts), 512)]
    return learn_labels(pairs, np.concatenate([encoder.encode(c).vectors for c in chunks]))


def count_labels(corpora: Sequence[Corpus]) -> Labels:
    """Learn from the parts `fit` how often names occur: all that spelling alone can use."""
    pairs = [p for c in corpora for p in pick(c.pairs, c.parts.fit) if clean(p.wording)]
    return learn_labels(pairs, np.zeros((len(pairs), 1), np.float32))


def published_only(labels: Labels, corpora: Sequence[Corpus]) -> Labels:
    """Return the labels whose names the code sets publish.

    Research data hold names of their own; these lead to no code and are not passed on.
    """
    published = {clean(name) for c in corpora for _, name in read_names(c.code_file)}
    kept = [name for name in labels.places if name in published]
    rows = [labels.places[name] for name in kept]
    places = {name: place for place, name in enumerate(kept)}
    return Labels(places, labels.counts[rows], labels.vectors[rows])


def write_labels(labels: Labels, folder: Path) -> None:
    """Write ``labels.csv`` and ``label_vectors.npy``."""
    rows = [(name, f"{labels.counts[place]:.0f}") for name, place in labels.places.items()]
    write_csv(folder / LABELS, ("name", "count"), rows)
    np.save(folder / LABEL_VECTORS, pack_labels(labels.vectors), allow_pickle=False)


@dataclass(frozen=True, slots=True)
class RankerTask:
    """What one ranker learns (一个重排模型的训练任务).

    Attributes
    ----------
    file
        Name of its file.
    examples
        Terms of the tuning part with their candidates.
    columns
        Names of the feature columns.
    codes
        Code of every name.
    goal
        ``f1`` or ``accuracy``: what the limit is chosen for.
    """

    file: str
    examples: Sequence[Example]
    columns: Sequence[str]
    codes: Sequence[str]
    goal: str

    def train(self, recipe: TreeRecipe) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the content of the ranker's file, and its cross-validated score."""
        content, score = train_ranker(
            self.examples, self.columns, self.codes, goal=self.goal, recipe=recipe
        )
        return content, {"terms": len(self.examples), **asdict(score)}


def ranker_task(
    corpus: Corpus, encoder: TermEncoder | None, rules: Path, labels: Labels, cache: Path | None
) -> RankerTask:
    """Compare the tuning part of a data set, which encoder and labels never saw.

    Parameters
    ----------
    corpus
        The data set.
    encoder
        What the ranker stands beside; None for spelling alone.
    rules
        Folder of the rule data.
    labels
        What training learned about names.
    cache
        Keeps encoded code sets; None keeps nothing.
    """
    codes = target_codes_of_file(corpus.code_file)
    comparer = load_comparer(rules, codes, named_aliases(rules), labels, encoder, cache)
    return RankerTask(
        ranker_file(comparer.names.kind, encoder=encoder is not None),
        examples_of(comparer, pick(corpus.pairs, corpus.parts.tune)),
        columns(comparer.attributes.groups, meaning=encoder is not None),
        comparer.names.codes,
        corpus.goal,
    )


def write_ranker(content: dict[str, Any], path: Path) -> None:
    """Write the file of a ranker."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


def examples_of(comparer: Comparer, pairs: Sequence[TermPair]) -> list[Example]:
    """Return pairs as examples for the re-ranker."""
    kept = [pair for pair in pairs if clean(pair.wording)]
    found = []
    for start in range(0, len(kept), BATCH):
        some = kept[start : start + BATCH]
        compared = comparer.compare([clean(pair.wording) for pair in some])
        for pair, one in zip(some, compared, strict=True):
            places = (comparer.names.exact.get(clean(name)) for name in pair.names)
            right = frozenset(place for place in places if place is not None)
            found.append(Example(one, right, len(pair.names)))
    return found


@dataclass(frozen=True, slots=True)
class Clock:
    """Time since it was made, by the wall and of the processor, in minutes (用时)."""

    wall: float = field(default_factory=time.monotonic)
    used: float = field(default_factory=time.process_time)

    def minutes(self) -> float:
        """Return the minutes that have passed."""
        return (time.monotonic() - self.wall) / 60

    def processor(self) -> float:
        """Return the minutes that processors worked for this program."""
        return (time.process_time() - self.used) / 60


def served_encoder(folder: Path) -> TermEncoder:
    """Return an encoder that was written, as it serves."""
    # The encoder is served by an extra.
    from zhibian.neural.onnx_encoder import OnnxTermEncoder  # noqa: PLC0415

    weights = folder / ENCODER
    return OnnxTermEncoder(weights, folder / TOKENIZER, sha256_of(weights))


def train_rest(
    corpora: Sequence[Corpus],
    rules: Path,
    held: Path,
    shipped: Path,
    cache: Path | None,
    clock: Clock,
    log: Callable[[str], None],
) -> None:
    """Train the rankers beside the first encoder, learn labels with the second, write all.

    Parameters
    ----------
    corpora
        Data sets.
    rules
        Folder of the rule data.
    held, shipped
        Folders of the two encoders; see `zhibian.training.link_encoders.LinkEncoders`.
    cache
        Keeps encoded code sets.
    clock
        Started with the run.
    log
        Told of progress.
    """
    first = served_encoder(held)
    labels = learn_all_labels(corpora, first, tune=False)
    scores = {}
    for corpus in corpora:
        for used in (first, None):
            task = ranker_task(corpus, used, rules, labels, cache)
            content, scores[task.file] = task.train(TreeRecipe())
            write_ranker(content, shipped / task.file)
            log(f"  {task.file}: {scores[task.file]}")
    minutes = {"wall": round(clock.minutes()), "processor": round(clock.processor())}
    write_rest(corpora, scores, shipped, {"minutes": minutes})


def write_rest(
    corpora: Sequence[Corpus],
    scores: Mapping[str, Any],
    shipped: Path,
    about: Mapping[str, Any],
) -> None:
    """Write labels, learned with the second encoder, and the manifest.

    Parameters
    ----------
    corpora
        Data sets.
    scores
        Cross-validated scores of the rankers, by file.
    shipped
        Folder of the second encoder and of the rankers.
    about
        What else is known about the training.
    """
    labels = learn_all_labels(corpora, served_encoder(shipped), tune=True)
    write_labels(published_only(labels, corpora), shipped)
    parts = {
        c.name: {
            "seed": c.seed,
            "fit": len(c.parts.fit),
            "tune": len(c.parts.tune),
            "aside": len(c.parts.aside),
            "aside_checksum": c.parts.checksum,
        }
        for c in corpora
    }
    write_manifest(shipped, {"split": parts, "cross_validated": dict(scores), **about})


def write_manifest(folder: Path, about: dict[str, Any]) -> None:
    """Write the manifest: what is known about the model, and the sha256 of every file."""
    files = (path for path in sorted(folder.iterdir()) if path.name not in {MANIFEST, "README.md"})
    content = {"version": NAME, **about, "files": {path.name: sha256_of(path) for path in files}}
    write_yaml(folder / MANIFEST, content, "由 zhibian train link 生成，勿手改")


def renew_manifest(folder: Path) -> None:
    """Write the manifest again after a file was added; what it says of training stays."""
    about = read_yaml(folder / MANIFEST, REMEDY)
    write_manifest(folder, {key: value for key, value in about.items() if key != "files"})


def measure_aside(
    corpora: Sequence[Corpus],
    rules: Path,
    model: LinkModel,
    encoder: TermEncoder | None,
    cache: Path | None,
) -> dict[str, Any]:
    """Measure on the parts kept aside, with intervals and terms a second."""
    found: dict[str, Any] = {}
    for corpus in corpora:
        codes = target_codes_of_file(corpus.code_file)
        linker = load_linker(rules, codes, model, encoder, cache)
        found[corpus.name] = _measure(linker, corpus)
    return found


def _measure(linker: TermLinker, corpus: Corpus) -> dict[str, Any]:
    pairs = pick(corpus.pairs, corpus.parts.aside)
    started = time.perf_counter()
    links = list(linker.link([pair.wording for pair in pairs]))
    seconds = time.perf_counter() - started
    scores = [
        score_term([clean(c.name) for c in link.codes], [clean(n) for n in pair.names])
        for link, pair in zip(links, pairs, strict=True)
    ]
    return {
        "n": len(pairs),
        "checksum": corpus.parts.checksum,
        "micro_f1": asdict(with_interval(micro_f1, scores)),
        "accuracy": asdict(with_interval(accuracy, scores)),
        "gold_names": sum(s.gold for s in scores),
        "terms_a_second": round(len(pairs) / seconds, 1),
    }

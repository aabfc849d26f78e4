"""Train, write and measure the term-linking model (术语链接模型的训练与评测)."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from zhibian.coding.dictionary import ALIASES
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
from zhibian.evaluation.data.hash_split import Split, pick, split
from zhibian.evaluation.data.term_pairs import (
    TermPair,
    all_names,
    read_alias_pairs,
    read_chip_cdn,
    read_names,
    read_yidu_n7k,
    wordings,
)
from zhibian.evaluation.term_linking import accuracy, micro_f1, score_term, with_interval
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, load_code_set
from zhibian.terminology.tables import read_yaml, sha256_of, write_csv, write_yaml
from zhibian.training.labels import learn_labels
from zhibian.training.ranker import Example, train_ranker

SPLIT = "link-2026-11"
CHIP_ASIDE, YIDU_ASIDE = 1 / 6, 1 / 5
CHIP_NAMES = "icd10_beijing_v601.tsv"
YIDU_NAMES = "icd9cm3_names.txt"
# The challenge's mark for "no name of the set fits".
_NO_NAME = "O"

_ALIAS_POOL, _ALIAS_EPOCH, _ALIAS_SEED = 4000, 600, 1
# Peak learning rate of the second training in shares of the first.
_AGAIN = 0.7
_MEASURED_ON = 256


@dataclass(frozen=True, slots=True)
class Corpus:
    """One research data set with its split and code set (一个数据集).

    Attributes
    ----------
    name
        ``chip_cdn`` or ``yidu_n7k``.
    pairs
        All pairs of the training files.
    parts
        Which are for training, tuning, or kept aside.
    code_file
        Code set that the pairs were coded with.
    goal
        ``f1`` or ``accuracy``.
    """

    name: str
    pairs: Sequence[TermPair]
    parts: Split
    code_file: Path
    goal: str


def read_corpora(chip_cdn: Path, yidu_n7k: Path) -> tuple[Corpus, Corpus]:
    """Read both data sets and split them.

    Raises
    ------
    InputError
        A file is absent or of another layout.
    """
    chip, yidu = read_chip_cdn(chip_cdn), read_yidu_n7k(yidu_n7k)
    return (
        Corpus(
            "chip_cdn",
            chip,
            split(wordings(chip), SPLIT, aside=CHIP_ASIDE),
            chip_cdn / CHIP_NAMES,
            "f1",
        ),
        Corpus(
            "yidu_n7k",
            yidu,
            split(wordings(yidu), SPLIT, aside=YIDU_ASIDE),
            yidu_n7k / YIDU_NAMES,
            "accuracy",
        ),
    )


def train_tasks(corpora: Sequence[Corpus], rules: Path, *, tune: bool) -> list[Any]:
    """Return the tasks of the encoder: the training parts, and a sample of the aliases.

    Parameters
    ----------
    corpora
        Data sets.
    rules
        Folder of the rule data.
    tune
        Whether the tuning parts are learned as well.
    """
    # torch is imported where it is used: measuring does not need it.
    from zhibian.training.encoder import Task  # noqa: PLC0415

    tasks = []
    for corpus in corpora:
        pairs = [
            replace(p, names=tuple(n for n in p.names if n != _NO_NAME))
            for p in pick(corpus.pairs, corpus.parts.learned(tune=tune))
        ]
        pairs = [p for p in pairs if p.names]
        names = {name for _, name in read_names(corpus.code_file)}
        tasks.append(Task(corpus.name, pairs, sorted(names | all_names(pairs))))
    for kind, code_set in (("diagnosis", ICD10_NHSA), ("procedure", ICD9CM3_NHSA)):
        official = {c: e.name for c, e in load_code_set(rules, code_set).entries.items()}
        dice = random.Random(_ALIAS_SEED)
        sample = alias_sample(read_alias_pairs(rules / ALIASES / kind, official), dice)
        pool = set(dice.sample(sorted(official.values()), _ALIAS_POOL))
        tasks.append(Task(kind, sample, sorted(all_names(sample) | pool), per_epoch=_ALIAS_EPOCH))
    return tasks


def alias_sample(pairs: Sequence[TermPair], dice: random.Random | None = None) -> list[TermPair]:
    """Return the aliases that the encoder is trained on; the others serve for calibration."""
    dice = dice or random.Random(_ALIAS_SEED)
    return dice.sample(list(pairs), min(_ALIAS_POOL, len(pairs)))


def train_encoders(
    corpora: Sequence[Corpus],
    rules: Path,
    base: Path,
    held: Path,
    shipped: Path,
    *,
    epochs: int,
    device: str,
    log: Callable[[str], None],
) -> None:
    """Fine-tune the encoder twice over and write ``encoder.onnx`` and ``tokenizer.json`` of both.

    The first one learns from the parts `fit`: rankers are trained beside it on the parts
    `tune`, of which it knows nothing, as it will know nothing of a hospital's terms. It is
    then trained on with both parts, more gently, and that one is shipped.

    Parameters
    ----------
    corpora
        Data sets.
    rules
        Folder of the rule data.
    base
        A Hugging Face ``BertModel`` folder with ``tokenizer.json``.
    held, shipped
        Where to write the first and the second.
    epochs
        Passes over the pairs, of each.
    device
        ``cpu`` or ``cuda``.
    log
        Told of progress.
    """
    import torch  # noqa: PLC0415
    from tokenizers import Tokenizer  # noqa: PLC0415
    from transformers import BertModel  # noqa: PLC0415

    from zhibian.training.encoder import Recipe, train_encoder  # noqa: PLC0415
    from zhibian.training.export import export_onnx  # noqa: PLC0415
    from zhibian.training.network import TermNetwork  # noqa: PLC0415
    from zhibian.training.packed import LowerLayers  # noqa: PLC0415

    first = Recipe(epochs=epochs)
    second = replace(first, rate=first.rate * _AGAIN, seed=first.seed + 1)
    # Before the network is made: its two heads start from random numbers.
    torch.manual_seed(first.seed)
    bert = BertModel.from_pretrained(
        base,
        add_pooling_layer=False,
        attn_implementation="eager",
        dtype=torch.float32,
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
    )
    network = TermNetwork(bert).to(device)
    tokenizer = Tokenizer.from_file(str(base / TOKENIZER))
    lower = LowerLayers(bert, tokenizer, frozen=first.frozen, longest=first.longest, device=device)
    for recipe, folder, again in ((first, held, False), (second, shipped, True)):
        tasks = train_tasks(corpora, rules, tune=again)
        train_encoder(network, lower, tasks, recipe, device=device, trained=again, log=log)
        names = [name for task in tasks for name in task.names]
        texts = random.Random(recipe.seed).sample(names, min(_MEASURED_ON, len(names)))
        export_onnx(network, base / TOKENIZER, texts, folder)
        network.to(device)


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


def train_rankers(
    corpora: Sequence[Corpus],
    rules: Path,
    labels: Labels,
    encoder: TermEncoder,
    folder: Path,
    cache: Path | None,
    log: Callable[[str], None],
) -> dict[str, Any]:
    """Train and write the four rankers; return their cross-validated scores.

    They learn from the tuning parts, which the encoder and the labels never saw.
    """
    scores: dict[str, Any] = {}
    for corpus in corpora:
        for used in (encoder, None):
            codes = target_codes_of_file(corpus.code_file)
            comparer = load_comparer(rules, codes, named_aliases(rules), labels, used, cache)
            examples = examples_of(comparer, pick(corpus.pairs, corpus.parts.tune))
            content, score = train_ranker(
                examples,
                columns(comparer.attributes.groups, meaning=used is not None),
                comparer.names.codes,
                goal=corpus.goal,
                seed=1,
            )
            file = ranker_file(comparer.names.kind, encoder=used is not None)
            (folder / file).write_text(json.dumps(content, separators=(",", ":")) + "\n")
            scores[file] = {"terms": len(examples), **asdict(score)}
            log(f"  {file}: {scores[file]}")
    return scores


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
        Folders of the two encoders; see `train_encoders`.
    cache
        Keeps encoded code sets.
    clock
        Started with the run.
    log
        Told of progress.
    """
    # The encoder is served by an extra.
    from zhibian.neural.onnx_encoder import OnnxTermEncoder  # noqa: PLC0415

    def served(folder: Path) -> TermEncoder:
        weights = folder / ENCODER
        return OnnxTermEncoder(weights, folder / TOKENIZER, sha256_of(weights))

    first = served(held)
    labels = learn_all_labels(corpora, first, tune=False)
    scores = train_rankers(corpora, rules, labels, first, shipped, cache, log)
    write_labels(
        published_only(learn_all_labels(corpora, served(shipped), tune=True), corpora), shipped
    )
    parts = {
        c.name: {
            "seed": SPLIT,
            "fit": len(c.parts.fit),
            "tune": len(c.parts.tune),
            "aside": len(c.parts.aside),
            "aside_checksum": c.parts.checksum,
        }
        for c in corpora
    }
    minutes = {"wall": round(clock.minutes()), "processor": round(clock.processor())}
    write_manifest(shipped, {"split": parts, "cross_validated": scores, "minutes": minutes})


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

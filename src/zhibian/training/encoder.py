"""Fine-tune the term encoder (术语编码器微调) with in-batch and mined negatives."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from torch import Tensor, nn

from zhibian.evaluation.data.term_pairs import TermPair, all_names
from zhibian.training.network import TermNetwork, coverage
from zhibian.training.packed import LowerLayers

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Task:
    """Pairs of one code set, and the names that are wrong answers.

    Attributes
    ----------
    name
        Shown in the log.
    pairs
        Pairs to learn.
    names
        All names of the code set.
    per_epoch
        Pairs drawn for one epoch; None for all.
    """

    name: str
    pairs: Sequence[TermPair]
    names: Sequence[str]
    per_epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train; the defaults are those of the shipped weights.

    Attributes
    ----------
    epochs, batch, rate, warmup
        Passes over the pairs, terms a step, peak learning rate, share of warm-up steps.
    temperature
        Divisor of cosines; of `coverage` likewise.
    hard
        Mined wrong names a term and step.
    mined
        Nearest wrong names from which the hard ones are drawn.
    longest
        Tokens a text is cut to.
    frozen
        Lowest layers that stay as they are.
    seed
        Of all random choices.
    """

    epochs: int = 2
    batch: int = 48
    rate: float = 1e-4
    warmup: float = 0.08
    temperature: float = 0.04
    hard: int = 1
    mined: int = 16
    longest: int = 48
    frozen: int = 6
    seed: int = 20261122


@dataclass(slots=True)
class _Prepared:
    """A task with the names that may be mined and the wrong ones of each pair."""

    task: Task
    wrong: list[list[str]]
    pool: list[str]


def train_encoder(
    network: TermNetwork,
    lower: LowerLayers,
    tasks: Sequence[Task],
    recipe: Recipe,
    *,
    device: str = "cpu",
    trained: bool = False,
    log: Callable[[str], None] = print,
) -> None:
    """Train a network in place.

    Negatives of the first epoch come from character n-grams, later ones from the
    network itself, so that each epoch works on what is still confused.

    Parameters
    ----------
    network
        The network; its word embeddings stay as they are: few pairs would only bend
        the words that they happen to have.
    lower
        What its frozen layers make of texts.
    tasks
        One a code set; a batch never mixes two.
    recipe
        How to train.
    device
        ``cpu`` or ``cuda``.
    trained
        Whether the network has been trained before: then it names its own confusions at
        once, and is not asked again.
    log
        Told of progress.
    """
    rng = random.Random(recipe.seed)
    torch.manual_seed(recipe.seed)
    network.to(device)
    for still in (network.bert.embeddings, *network.bert.encoder.layer[: recipe.frozen]):
        still.requires_grad_(False)
    prepared = [_prepare(task, recipe.mined) for task in tasks]
    sizes = [min(t.per_epoch or len(t.pairs), len(t.pairs)) for t in tasks]
    steps = recipe.epochs * sum(-(-size // recipe.batch) for size in sizes)
    learned = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=recipe.rate, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.rate, steps + 1, pct_start=recipe.warmup, cycle_momentum=False
    )
    started = time.monotonic()
    for epoch in range(recipe.epochs):
        if bool(epoch) != trained:
            for one in prepared:
                # A task that only shows a sample is seen too seldom to be mined again.
                if one.task.per_epoch is None:
                    one.wrong = _mine_by_network(network, lower, one, recipe.mined, device)
            log(f"  mined again, {time.monotonic() - started:.0f} s")
        network.train()
        total = 0.0
        batches = list(_batches(prepared, recipe, rng))
        for pairs, wrong in batches:
            with torch.autocast(device, dtype=torch.bfloat16):
                loss = _loss(network, lower, pairs, wrong, recipe, device)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learned, 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        seconds = time.monotonic() - started
        log(f"  epoch {epoch + 1}: loss {total / len(batches):.4f}, {seconds:.0f} s")
    network.eval()


def encode(
    network: TermNetwork,
    lower: LowerLayers,
    texts: Sequence[str],
    *,
    device: str = "cpu",
    batch: int = 256,
) -> Floats:
    """Return unit vectors (texts, hidden), shortest texts together."""
    network.eval()
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found = np.zeros((len(texts), network.bert.config.hidden_size), np.float32)
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16):
            hidden, mask = lower.finish([texts[i] for i in rows])
            found[rows] = network.read(hidden, mask)[0].float().cpu().numpy()
    return found


def _batches(
    prepared: Sequence[_Prepared], recipe: Recipe, rng: random.Random
) -> Iterator[tuple[list[TermPair], list[list[str]]]]:
    """Yield the batches of one epoch over all tasks, in random order."""
    found = []
    for one in prepared:
        order = list(range(len(one.task.pairs)))
        rng.shuffle(order)
        order = order[: one.task.per_epoch or len(order)]
        for start in range(0, len(order), recipe.batch):
            rows = order[start : start + recipe.batch]
            wrong = [rng.sample(one.wrong[i], min(recipe.hard, len(one.wrong[i]))) for i in rows]
            found.append(([one.task.pairs[i] for i in rows], wrong))
    rng.shuffle(found)
    yield from found


def _loss(
    network: TermNetwork,
    lower: LowerLayers,
    pairs: Sequence[TermPair],
    wrong: Sequence[Sequence[str]],
    recipe: Recipe,
    device: str,
) -> Tensor:
    names = list(dict.fromkeys([n for p in pairs for n in p.names] + [n for w in wrong for n in w]))
    place = {name: i for i, name in enumerate(names)}
    right = torch.zeros(len(pairs), len(names), dtype=torch.bool, device=device)
    for row, pair in enumerate(pairs):
        for name in pair.names:
            right[row, place[name]] = True
    term, term_tokens, _ = network.read(*lower.finish([p.wording for p in pairs]))
    name, name_tokens, name_weights = network.read(*lower.finish(names))
    dense = term @ name.T
    said = coverage(name_tokens, name_weights, term_tokens)
    return _contrast(dense, right, recipe.temperature) + _contrast(said, right, recipe.temperature)


def _contrast(near: Tensor, right: Tensor, temperature: float) -> Tensor:
    """Each right name against all wrong ones; other right names of the term do not count."""
    scores = near.float() / temperature
    wrong = scores.masked_fill(right, -torch.inf).logsumexp(1, keepdim=True)
    losses = torch.logaddexp(scores, wrong.expand_as(scores)) - scores
    a_term = (losses * right).sum(1) / right.sum(1)
    return a_term.mean()


def _prepare(task: Task, count: int) -> _Prepared:
    """Mine wrong names by spelling; they and the right ones are what is mined in later."""
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    names = list(dict.fromkeys(task.names))
    matrix = vectorizer.fit_transform(names).T.tocsr()
    wrong: list[list[str]] = []
    for start in range(0, len(task.pairs), 256):
        some = task.pairs[start : start + 256]
        near = (vectorizer.transform([p.wording for p in some]) @ matrix).toarray()
        wrong += _nearest_wrong(near, names, some, count)
    met = {name for some in wrong for name in some} | all_names(task.pairs)
    return _Prepared(task, wrong, [name for name in names if name in met])


def _mine_by_network(
    network: TermNetwork, lower: LowerLayers, one: _Prepared, count: int, device: str
) -> list[list[str]]:
    pairs = one.task.pairs
    vectors = encode(network, lower, one.pool, device=device)
    terms = encode(network, lower, [p.wording for p in pairs], device=device)
    found: list[list[str]] = []
    for start in range(0, len(pairs), 256):
        near = terms[start : start + 256] @ vectors.T
        found += _nearest_wrong(near, one.pool, pairs[start : start + 256], count)
    return found


def _nearest_wrong(
    near: Floats, names: Sequence[str], pairs: Sequence[TermPair], count: int
) -> list[list[str]]:
    wide = min(count + 13, near.shape[1] - 1)
    best = np.argpartition(-near, wide, axis=1)[:, : wide + 1]
    found = []
    for row, pair in zip(best, pairs, strict=True):
        wrong = [names[i] for i in row if names[i] not in pair.names]
        found.append(wrong[:count])
    return found

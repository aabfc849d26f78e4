"""Fine-tune the term encoder (术语编码器微调) with in-batch and mined negatives."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from zhibian.evaluation.data.term_pairs import TermPair
from zhibian.training.epochs import Course, Stopping, Told, train_epochs, untold
from zhibian.training.mining import Floats, Prepared, Task, nearest_wrong, prepare
from zhibian.training.network import TermNetwork, coverage
from zhibian.training.packed import LowerLayers
from zhibian.training.weights import assign, snapshot


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train; the defaults are those of the shipped weights.

    Attributes
    ----------
    epochs, batch, rate, warmup
        Passes over the pairs, terms a step, peak learning rate, share of warm-up steps.
    patience
        Passes without gain on the tuning pairs before stopping; 0 never stops early.
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
    patience: int = 2
    batch: int = 48
    rate: float = 1e-4
    warmup: float = 0.08
    temperature: float = 0.04
    hard: int = 1
    mined: int = 16
    longest: int = 48
    frozen: int = 6
    seed: int = 20261122


def train_encoder(
    network: TermNetwork,
    lower: LowerLayers,
    tasks: Sequence[Task],
    recipe: Recipe,
    *,
    tune: Sequence[Task] = (),
    trained: bool = False,
    checkpoint: Path | None = None,
    told: Told = untold,
) -> Course:
    """Train a network in place and leave the weights of the best pass.

    Negatives of the first epoch come from character n-grams, later ones from the
    network itself, so that each epoch works on what is still confused.

    Parameters
    ----------
    network
        The network, where it is to be trained; its word embeddings stay as they are: few
        pairs would only bend the words that they happen to have.
    lower
        What its frozen layers make of texts.
    tasks
        One a code set; a batch never mixes two.
    recipe
        How to train.
    tune
        Pairs that tell when to stop: how near their right names come to the top among
        the names that they are confused with. Without them the last pass is kept.
    trained
        Whether the network has been trained before: then it names its own confusions at
        once, and is not asked again.
    checkpoint
        File that is written after every pass, and gone on from; None keeps none.
    told
        Told of every pass.
    """
    torch.manual_seed(recipe.seed)
    for still in (network.bert.embeddings, *network.bert.encoder.layer[: recipe.frozen]):
        still.requires_grad_(False)
    learner = _Contrast(network, lower, tasks, tune, recipe, trained=trained)
    stopping = Stopping(recipe.epochs, recipe.patience, "maximize")
    course = train_epochs(learner, stopping, checkpoint, told)
    network.eval()
    return course


class _Contrast:
    """The network as a learner: right names against wrong ones."""

    def __init__(
        self,
        network: TermNetwork,
        lower: LowerLayers,
        tasks: Sequence[Task],
        tune: Sequence[Task],
        recipe: Recipe,
        *,
        trained: bool,
    ) -> None:
        self._network, self._lower = network, lower
        self._recipe, self._trained = recipe, trained
        self._device = next(network.parameters()).device.type
        self._rng = random.Random(recipe.seed)
        self._prepared = [prepare(task, recipe.mined) for task in tasks]
        self._tune = [prepare(task, recipe.mined) for task in tune]
        sizes = [min(t.per_epoch or len(t.pairs), len(t.pairs)) for t in tasks]
        steps = recipe.epochs * sum(-(-size // recipe.batch) for size in sizes)
        self._learned = [p for p in network.parameters() if p.requires_grad]
        self._kept = snapshot(self._learned)
        self._optimizer = torch.optim.AdamW(
            self._learned, lr=recipe.rate, weight_decay=0.01, fused=True
        )
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, recipe.rate, steps + 1, pct_start=recipe.warmup, cycle_momentum=False
        )

    def epoch(self, number: int) -> float:
        if bool(number) != self._trained:
            self._mine()
        self._network.train()
        total = 0.0
        batches = list(_batches(self._prepared, self._recipe, self._rng))
        for pairs, wrong in batches:
            with torch.autocast(self._device, dtype=torch.bfloat16):
                loss = _loss(self._network, self._lower, pairs, wrong, self._recipe, self._device)
            self._optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self._learned, 1.0)
            self._optimizer.step()
            self._schedule.step()
            total += loss.item()
        return total / len(batches)

    def measure(self) -> float | None:
        """Return the mean reciprocal rank of the right names of the tuning pairs."""
        if not self._tune:
            return None
        ranks = np.concatenate(
            [_ranks(self._network, self._lower, one, self._device) for one in self._tune]
        )
        return float((1 / ranks).mean())

    def keep(self) -> None:
        self._kept = snapshot(self._learned)

    def restore(self) -> None:
        assign(self._learned, self._kept)

    def save(self, path: Path, values: Sequence[float | None]) -> None:
        version, numbers, spare = self._rng.getstate()
        content = {
            "values": list(values),
            "learned": snapshot(self._learned),
            "kept": self._kept,
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "dice": [version, list(numbers), spare],
            # Numbers of names, not names: a checkpoint holds no words of records.
            "wrong": [_places(one) for one in self._prepared],
        }
        torch.save(content, path)

    def load(self, path: Path) -> list[float | None]:
        content = torch.load(path, weights_only=True, map_location=self._device)
        assign(self._learned, content["learned"])
        self._kept = content["kept"]
        self._optimizer.load_state_dict(content["optimizer"])
        self._schedule.load_state_dict(content["schedule"])
        version, numbers, spare = content["dice"]
        self._rng.setstate((version, tuple(numbers), spare))
        for one, places in zip(self._prepared, content["wrong"], strict=True):
            one.wrong = [[one.pool[place] for place in row] for row in places]
        values: list[float | None] = content["values"]
        return values

    def _mine(self) -> None:
        for one in self._prepared:
            # A task that only shows a sample is seen too seldom to be mined again.
            if one.task.per_epoch is None:
                one.wrong = _mine_by_network(
                    self._network, self._lower, one, self._recipe.mined, self._device
                )


def _places(one: Prepared) -> list[list[int]]:
    place = {name: number for number, name in enumerate(one.pool)}
    return [[place[name] for name in row] for row in one.wrong]


def _ranks(
    network: TermNetwork, lower: LowerLayers, one: Prepared, device: str
) -> NDArray[np.int64]:
    """Return the rank of the best right name of every pair among the names of the pool."""
    vectors = encode(network, lower, one.pool, device=device)
    terms = encode(network, lower, [p.wording for p in one.task.pairs], device=device)
    place = {name: number for number, name in enumerate(one.pool)}
    found = []
    for pair, term in zip(one.task.pairs, terms, strict=True):
        near = vectors @ term
        best = max(near[place[name]] for name in pair.names)
        found.append(1 + int((near > best).sum()))
    return np.array(found)


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
    prepared: Sequence[Prepared], recipe: Recipe, rng: random.Random
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


def _mine_by_network(
    network: TermNetwork, lower: LowerLayers, one: Prepared, count: int, device: str
) -> list[list[str]]:
    pairs = one.task.pairs
    vectors = encode(network, lower, one.pool, device=device)
    terms = encode(network, lower, [p.wording for p in pairs], device=device)
    found: list[list[str]] = []
    for start in range(0, len(pairs), 256):
        near = terms[start : start + 256] @ vectors.T
        found += nearest_wrong(near, one.pool, pairs[start : start + 256], count)
    return found

"""Label attention over whole records (标签注意力): the network, its training, its going on.

Every label looks for its own evidence among the token vectors of all segments (Mullenbach
et al. 2018, CAML; Huang et al. 2022, PLM-ICD). What is different here suits few records:
the queries and the outputs of labels start as projections of the vectors of their names,
shared by all, and a label's own deviation starts at zero, so that a code seen twice still
looks where its name points; log-frequencies are the starting biases.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from zhibian.coding.record_codes.parts import Floats, Scores, log_softmax
from zhibian.training.epochs import Course, Stopping, Told, train_epochs, untold
from zhibian.training.weights import assign, snapshot

CHECKPOINT = "checkpoint.pt"
_OTHERS_SCALE = 8.0

Source = Callable[[int], tuple[Tensor, Tensor]]
"""Record to its token vectors (pieces, hidden) and section numbers (pieces)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train the heads.

    Attributes
    ----------
    epochs, patience
        Most passes over the records; passes without gain before stopping.
    batch, rate, decay
        Records a step, learning rate, weight decay.
    encoder_rate
        Learning rate of unfrozen encoder layers.
    width
        Length of queries and keys.
    unfreeze
        Highest layers of the encoder that learn too.
    seed
        Of all random choices.
    """

    epochs: int = 5
    patience: int = 2
    batch: int = 8
    rate: float = 1e-3
    decay: float = 0.01
    encoder_rate: float = 2e-5
    width: int = 64
    unfreeze: int = 0
    seed: int = 20261130


@dataclass(frozen=True, slots=True)
class Answers:
    """What was filed, by record (答案).

    Attributes
    ----------
    principal
        Label number of the principal diagnosis.
    others
        Which labels are other diagnoses, shape (records, labels).
    """

    principal: np.ndarray
    others: np.ndarray


@dataclass(frozen=True, slots=True)
class Examples:
    """Records with their answers (样本).

    Attributes
    ----------
    source
        Where their vectors come from.
    answers
        What was filed.
    """

    source: Source
    answers: Answers


class LabelAttention(nn.Module):
    """One attention and two heads over the token vectors of one record.

    Parameters
    ----------
    names
        Unit vectors of the label names, shape (labels, hidden).
    sections
        Number of sections.
    answers
        What was filed in the training records: gives the starting biases.
    width
        Length of queries and keys.
    """

    def __init__(self, names: Tensor, sections: int, answers: Answers, width: int) -> None:
        super().__init__()
        labels, hidden = names.shape
        self.register_buffer("names", names * hidden**0.5)
        self.norm = nn.LayerNorm(hidden)
        self.key = nn.Linear(hidden, width)
        self.place = nn.Embedding(sections, width)
        nn.init.zeros_(self.place.weight)
        self.query = nn.Linear(hidden, width)
        self.own_query = nn.Parameter(torch.zeros(labels, width))
        self.output = nn.ModuleDict(
            {head: nn.Linear(hidden, hidden, bias=False) for head in ("principal", "others")}
        )
        for linear in self.output.values():
            nn.init.zeros_(linear.weight)
        self.own_output = nn.ParameterDict(
            {head: nn.Parameter(torch.zeros(labels, hidden)) for head in ("principal", "others")}
        )
        principal, others = _priors(answers, labels)
        self.bias = nn.ParameterDict(
            {"principal": nn.Parameter(principal), "others": nn.Parameter(others)}
        )

    def forward(self, hidden: Tensor, sections: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Score one record.

        Parameters
        ----------
        hidden
            Token vectors (pieces, hidden).
        sections
            Section numbers (pieces).

        Returns
        -------
        tuple of Tensor
            Logits of the principal diagnosis (labels), log-odds of the others (labels),
            attention (labels, pieces) that adds to one a label.
        """
        steady = self.norm(hidden)
        keys = torch.tanh(self.key(steady) + self.place(sections))
        queries = torch.tanh(self.query(self.names) + self.own_query)
        # Scaled, so that attention begins nearly even: with few records it learns where to
        # look from there, but never recovers from having begun on single pieces.
        scale = self.key.out_features**-0.5
        attention = torch.softmax(queries @ keys.T * scale, dim=-1)
        seen = attention @ steady
        principal, others = (
            (
                seen * (self.output[head](self.names) / self.names.shape[1] + self.own_output[head])
            ).sum(-1)
            + self.bias[head]
            for head in ("principal", "others")
        )
        return principal, others, attention


def train_attention(
    network: LabelAttention,
    fit: Examples,
    tune: Examples,
    recipe: Recipe,
    *,
    device: str = "cpu",
    encoder_layers: Sequence[nn.Parameter] = (),
    checkpoint: Path | None = None,
    told: Told = untold,
) -> Course:
    """Train in place and leave the weights of the best pass.

    Nothing random is drawn inside a pass, and the order of records follows from the seed
    and the number of the pass; a run that was stopped therefore goes on from its last
    checkpoint to the very weights of a run that was not.

    Parameters
    ----------
    network
        The heads.
    fit, tune
        Records to learn, and records that tell when to stop.
    recipe
        How to train.
    device
        ``cpu`` or ``cuda``.
    encoder_layers
        Parameters of unfrozen encoder layers, which the sources use.
    checkpoint
        File that is written after every pass, and gone on from; None keeps none.
    told
        Told of every pass.
    """
    learner = _Heads(network.to(device), encoder_layers, fit, tune, recipe, device)
    stopping = Stopping(recipe.epochs, recipe.patience, "minimize")
    return train_epochs(learner, stopping, checkpoint, told)


def score(network: LabelAttention, source: Source, records: int, device: str = "cpu") -> Scores:
    """Score records."""
    principal: list[Floats] = []
    others: list[Floats] = []
    with torch.inference_mode():
        for record in range(records):
            hidden, sections = source(record)
            one, other, _ = network(hidden.to(device), sections.to(device))
            principal.append(one.float().cpu().numpy())
            others.append(other.float().cpu().numpy())
    return Scores(log_softmax(np.stack(principal)), np.stack(others))


def _priors(answers: Answers, labels: int) -> tuple[Tensor, Tensor]:
    counts = np.bincount(answers.principal, minlength=labels) + 0.1
    principal = np.log(counts / counts.sum())
    filed = answers.others.sum(axis=0)
    others = np.log((filed + 0.5) / (len(answers.others) - filed + 0.5))
    return (
        torch.tensor(principal, dtype=torch.float32),
        torch.tensor(others, dtype=torch.float32),
    )


def _loss(network: LabelAttention, examples: Examples, place: int, device: str) -> Tensor:
    hidden, sections = examples.source(place)
    answers = examples.answers
    principal, others, _ = network(hidden.to(device), sections.to(device))
    wanted = torch.tensor(int(answers.principal[place]), device=device)
    filed = torch.tensor(answers.others[place], dtype=torch.float32, device=device)
    first: Tensor = nn.functional.cross_entropy(principal.unsqueeze(0), wanted.unsqueeze(0))
    second: Tensor = nn.functional.binary_cross_entropy_with_logits(others, filed)
    return first + _OTHERS_SCALE * second


class _Heads:
    """The heads as a learner: loss on the tuning records tells when to stop."""

    def __init__(
        self,
        network: LabelAttention,
        encoder_layers: Sequence[nn.Parameter],
        fit: Examples,
        tune: Examples,
        recipe: Recipe,
        device: str,
    ) -> None:
        self._network, self._fit, self._tune = network, fit, tune
        self._recipe, self._device = recipe, device
        self._learned = [*network.parameters(), *encoder_layers]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": list(network.parameters()), "lr": recipe.rate},
                {"params": list(encoder_layers), "lr": recipe.encoder_rate},
            ],
            weight_decay=recipe.decay,
        )
        self._kept = snapshot(self._learned)

    def epoch(self, number: int) -> float:
        self._network.train()
        order = list(range(len(self._fit.answers.principal)))
        random.Random(f"{self._recipe.seed} {number}").shuffle(order)
        total = 0.0
        for start in range(0, len(order), self._recipe.batch):
            places = order[start : start + self._recipe.batch]
            self._optimizer.zero_grad()
            for place in places:
                loss = _loss(self._network, self._fit, place, self._device) / len(places)
                loss.backward()
                total += float(loss.detach()) * len(places)
            nn.utils.clip_grad_norm_(self._learned, 1.0)
            self._optimizer.step()
        self._network.eval()
        return total / len(order)

    def measure(self) -> float:
        count = len(self._tune.answers.principal)
        with torch.inference_mode():
            losses = [
                float(_loss(self._network, self._tune, place, self._device))
                for place in range(count)
            ]
        return sum(losses) / count

    def keep(self) -> None:
        self._kept = snapshot(self._learned)

    def restore(self) -> None:
        assign(self._learned, self._kept)

    def save(self, path: Path, values: Sequence[float | None]) -> None:
        content: dict[str, Any] = {
            "values": list(values),
            "learned": snapshot(self._learned),
            "kept": list(self._kept),
            "optimizer": self._optimizer.state_dict(),
        }
        torch.save(content, path)

    def load(self, path: Path) -> list[float | None]:
        content = torch.load(path, weights_only=True, map_location=self._device)
        assign(self._learned, content["learned"])
        self._optimizer.load_state_dict(content["optimizer"])
        self._kept = content["kept"]
        values: list[float | None] = content["values"]
        return values

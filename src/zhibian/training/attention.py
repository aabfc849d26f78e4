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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from zhibian.coding.record_codes.parts import Floats, Scores, log_softmax

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

    epochs: int = 4
    patience: int = 1
    batch: int = 8
    rate: float = 2e-3
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
        attention = torch.softmax(queries @ keys.T, dim=-1)
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
    folder: Path | None = None,
    log: Callable[[str], None] = print,
) -> None:
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
    folder
        Where checkpoints are kept, one after every pass; None keeps none.
    log
        Told of progress.
    """
    network.to(device)
    learned = [*network.parameters(), *encoder_layers]
    optimizer = torch.optim.AdamW(
        [
            {"params": list(network.parameters()), "lr": recipe.rate},
            {"params": list(encoder_layers), "lr": recipe.encoder_rate},
        ],
        weight_decay=recipe.decay,
    )
    state = _State(best=float("inf"), best_epoch=-1, epoch=0)
    kept = _snapshot(learned)
    if folder is not None and (folder / CHECKPOINT).is_file():
        state, kept = _resume(folder / CHECKPOINT, learned, optimizer)
        log(f"  从第 {state.epoch} 轮之后继续")
    while state.epoch < recipe.epochs and state.epoch - state.best_epoch <= recipe.patience:
        loss = _pass(network, fit, recipe, state.epoch, optimizer, learned, device)
        with torch.inference_mode():
            tuned = _mean_loss(network, tune, device)
        if tuned < state.best:
            state.best, state.best_epoch = tuned, state.epoch
            kept = _snapshot(learned)
        log(f"  第 {state.epoch + 1} 轮：损失 {loss:.4f}，调参部分 {tuned:.4f}")
        state.epoch += 1
        if folder is not None:
            _save(folder / CHECKPOINT, state, learned, kept, optimizer)
    with torch.no_grad():
        for parameter, value in zip(learned, kept, strict=True):
            parameter.copy_(value)


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


@dataclass(slots=True)
class _State:
    best: float
    best_epoch: int
    epoch: int


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


def _pass(
    network: LabelAttention,
    examples: Examples,
    recipe: Recipe,
    epoch: int,
    optimizer: torch.optim.Optimizer,
    learned: Sequence[nn.Parameter],
    device: str,
) -> float:
    network.train()
    order = list(range(len(examples.answers.principal)))
    random.Random(f"{recipe.seed} {epoch}").shuffle(order)
    total = 0.0
    for start in range(0, len(order), recipe.batch):
        places = order[start : start + recipe.batch]
        optimizer.zero_grad()
        for place in places:
            loss = _loss(network, examples, place, device) / len(places)
            loss.backward()
            total += float(loss.detach()) * len(places)
        nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
    network.eval()
    return total / len(order)


def _mean_loss(network: LabelAttention, examples: Examples, device: str) -> float:
    count = len(examples.answers.principal)
    losses = (_loss(network, examples, place, device) for place in range(count))
    return float(sum(float(loss) for loss in losses)) / count


def _snapshot(learned: Sequence[nn.Parameter]) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in learned]


def _save(
    path: Path,
    state: _State,
    learned: Sequence[nn.Parameter],
    kept: Sequence[Tensor],
    optimizer: torch.optim.Optimizer,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".writing")
    content: dict[str, Any] = {
        "state": asdict(state),
        "learned": _snapshot(learned),
        "kept": list(kept),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(content, scratch)
    scratch.replace(path)


def _resume(
    path: Path, learned: Sequence[nn.Parameter], optimizer: torch.optim.Optimizer
) -> tuple[_State, list[Tensor]]:
    content = torch.load(path, weights_only=True)
    with torch.no_grad():
        for parameter, value in zip(learned, content["learned"], strict=True):
            parameter.copy_(value)
    optimizer.load_state_dict(content["optimizer"])
    return _State(**content["state"]), content["kept"]

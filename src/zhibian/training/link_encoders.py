"""Train the encoder of the linking model twice over (编码器的两次训练)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BertModel
from transformers.utils import logging

from zhibian.training.encoder import Recipe, train_encoder
from zhibian.training.epochs import Course, EpochDone, Told, untold
from zhibian.training.export import TOKENIZER, export_onnx
from zhibian.training.link_corpora import Corpus
from zhibian.training.link_tasks import train_tasks, tune_tasks
from zhibian.training.network import TermNetwork
from zhibian.training.packed import LowerLayers

# Peak learning rate of the second training in shares of the first.
_AGAIN = 0.7
_MEASURED_ON = 256


@dataclass(frozen=True, slots=True)
class Start:
    """Where training starts and runs (起点).

    Attributes
    ----------
    base
        A Hugging Face ``BertModel`` folder with ``tokenizer.json``.
    device
        ``cpu`` or ``cuda``.
    work
        Folder of the checkpoints; None keeps none.
    """

    base: Path
    device: str = "cpu"
    work: Path | None = None


class LinkEncoders:
    """Both encoders of the linking model.

    The first one learns from the parts `fit` until the parts `tune` gain no more: rankers are
    trained beside it on the parts `tune`, which none of its weights has learned, as they will
    know nothing of a hospital's terms. It is then trained on with both parts, more gently and
    for as many passes as helped the first, and that one is shipped.

    Parameters
    ----------
    corpora
        Data sets.
    rules
        Folder of the rule data.
    start
        Where training starts and runs.
    recipe
        How the first is trained.
    log
        Told of progress.
    told
        Told of every pass.
    """

    def __init__(
        self,
        corpora: Sequence[Corpus],
        rules: Path,
        start: Start,
        recipe: Recipe,
        log: Callable[[str], None],
        told: Told = untold,
    ) -> None:
        self._corpora, self._rules, self._start = corpora, rules, start
        self._recipe, self._log, self._told = recipe, log, told
        # The run has its own bar; theirs would be written into logs as well.
        logging.disable_progress_bar()
        # Before the network is made: its two heads start from random numbers.
        torch.manual_seed(recipe.seed)
        bert = BertModel.from_pretrained(
            start.base,
            add_pooling_layer=False,
            attn_implementation="eager",
            dtype=torch.float32,
            attention_probs_dropout_prob=0.0,
            hidden_dropout_prob=0.0,
        )
        self._network = TermNetwork(bert).to(start.device)
        self._lower = LowerLayers(
            bert,
            Tokenizer.from_file(str(start.base / TOKENIZER)),
            frozen=recipe.frozen,
            longest=recipe.longest,
            device=start.device,
        )
        self._course: Course | None = None

    def first(self) -> Course:
        """Train the first encoder, or read what was trained, and return how it went."""
        if self._course is None:
            tasks = train_tasks(self._corpora, self._rules, tune=False)
            self._course = train_encoder(
                self._network,
                self._lower,
                tasks,
                self._recipe,
                tune=tune_tasks(self._corpora),
                checkpoint=self._checkpoint("held"),
                told=self._tell,
            )
        return self._course

    def write_first(self, folder: Path) -> None:
        """Write ``encoder.onnx`` and ``tokenizer.json`` of the first encoder."""
        self.first()
        self._export(folder, self._recipe.seed, tune=False)

    def write_second(self, folder: Path) -> None:
        """Train the second encoder and write it likewise; the first is gone then."""
        passes = max(self.first().best_epoch, 1)
        again = replace(
            self._recipe,
            epochs=passes,
            rate=self._recipe.rate * _AGAIN,
            seed=self._recipe.seed + 1,
        )
        tasks = train_tasks(self._corpora, self._rules, tune=True)
        train_encoder(
            self._network,
            self._lower,
            tasks,
            again,
            trained=True,
            checkpoint=self._checkpoint("shipped"),
            told=self._tell,
        )
        self._course = None
        self._export(folder, again.seed, tune=True)

    def _checkpoint(self, name: str) -> Path | None:
        return None if self._start.work is None else self._start.work / f"{name}.pt"

    def _tell(self, done: EpochDone) -> None:
        tuned = "" if done.value is None else f"，调参部分 {done.value:.4f}"
        self._log(f"  第 {done.number} 轮：损失 {done.loss:.4f}{tuned}")
        self._told(done)

    def _export(self, folder: Path, seed: int, *, tune: bool) -> None:
        tasks = train_tasks(self._corpora, self._rules, tune=tune)
        names = [name for task in tasks for name in task.names]
        texts = random.Random(seed).sample(names, min(_MEASURED_ON, len(names)))
        export_onnx(self._network, self._start.base / TOKENIZER, texts, folder)
        self._network.to(self._start.device)

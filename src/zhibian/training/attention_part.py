"""The attention part of a record classifier (注意力部分): vectors, heads, export."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from zhibian.coding.record_codes.model import ENCODER, HEADS, TOKENIZER
from zhibian.coding.record_codes.parts import Scores
from zhibian.neural.record_attention import OnnxEncoder, section_numbers
from zhibian.neural.tokens import RecordTokenizer
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import sha256_of
from zhibian.training.attention import (
    CHECKPOINT,
    Answers,
    Examples,
    LabelAttention,
    Recipe,
    Source,
    score,
    train_attention,
)
from zhibian.training.epochs import Course, EpochDone, Told, untold
from zhibian.training.export_classifier import export_encoder, export_heads
from zhibian.training.records import TrainingRecord, checksum_of
from zhibian.training.token_vectors import (
    TokenVectors,
    encode_records,
    hidden_of,
    load_base,
    name_vectors,
    tokenizer_of,
    weights_of,
)
from zhibian.training.vocabulary import SECTIONS, Vocabulary


class AttentionTrainer:
    """Trains the attention part over one encoder.

    Parameters
    ----------
    base
        A Hugging Face encoder folder.
    recipe
        How to train; ``unfreeze`` 0 keeps the encoder as it is and makes its vectors once.
    cache
        Folder for the exported encoder and for vectors.
    device
        ``cpu`` or ``cuda``.
    log
        Told of progress.
    told
        Told of every pass.
    """

    def __init__(
        self,
        base: Path,
        recipe: Recipe,
        cache: Path,
        device: str,
        log: Callable[[str], None],
        told: Told = untold,
    ) -> None:
        self.base, self.recipe, self.cache, self.device = base, recipe, cache, device
        self.encoder = load_base(base)
        self.tokenizer_file = tokenizer_of(base, cache)
        self.tokenizer = RecordTokenizer(self.tokenizer_file, longest=_positions(self.encoder))
        self._log, self._told = log, told
        self._vectors: dict[str, TokenVectors] = {}

    @property
    def segment(self) -> tuple[int, int]:
        """Return positions a segment and pieces that neighbours share."""
        return self.tokenizer.longest, self.tokenizer.overlap

    @property
    def encoder_sha256(self) -> str:
        """Return the sha256 of the encoder's weights."""
        return sha256_of(weights_of(self.base))

    def prepare(self, records: Sequence[TrainingRecord]) -> None:
        """Make the vectors of the records that have none yet, in one go; folds then share them."""
        new = [record for record in records if record.digest not in self._vectors]
        if self.recipe.unfreeze or not new:
            return
        weights = self.exported()
        vectors = encode_records(
            new,
            OnnxEncoder(weights, self.tokenizer),
            sha256_of(weights),
            SECTIONS,
            self.cache,
            self._log,
        )
        self._vectors.update({record.digest: vectors for record in new})

    def exported(self) -> Path:
        """Return the encoder as it serves, at 8 bits; exported once."""
        weights = self.cache / f"encoder-{sha256_of(weights_of(self.base))[:16]}.onnx"
        if not weights.is_file():
            scratch = weights.with_suffix(".writing")
            export_encoder(self.encoder, scratch)
            scratch.replace(weights)
        return weights

    def fit(
        self,
        fit: Sequence[TrainingRecord],
        tune: Sequence[TrainingRecord],
        vocabulary: Vocabulary,
        seed: int,
        folder: Path | None,
        log: Callable[[str], None],
    ) -> FittedAttention:
        """Train the heads, and the highest layers of the encoder when the recipe says so.

        Parameters
        ----------
        fit, tune
            Records to learn, and records that tell when to stop.
        vocabulary
            Labels.
        seed
            Of all random choices.
        folder
            Where checkpoints are kept: in a folder of their own a set of records.
        log
            Told of progress.
        """
        self.prepare([*fit, *tune])
        recipe = replace(self.recipe, seed=seed)
        torch.manual_seed(seed)
        encoder = load_base(self.base) if recipe.unfreeze else self.encoder
        learned = _unfrozen(encoder, recipe.unfreeze)
        encoder.to(self.device)
        names = name_vectors(
            self.encoder.to("cpu"), self.tokenizer, [x.name or x.code for x in vocabulary.labels]
        )
        answers = Answers(*vocabulary.answers(fit))
        network = LabelAttention(names, len(SECTIONS), answers, recipe.width)
        fitted = FittedAttention(self, network, encoder if recipe.unfreeze else None)
        checkpoint = (
            None
            if folder is None
            else folder / _run_name([*fit, *tune], vocabulary, recipe) / CHECKPOINT
        )
        if checkpoint is not None and checkpoint.is_file():
            log("  从上次的断点继续")

        def tell(done: EpochDone) -> None:
            log(f"  第 {done.number} 轮：损失 {done.loss:.4f}，调参部分 {done.value:.4f}")
            self._told(done)

        course = train_attention(
            network,
            Examples(fitted.source(fit), answers),
            Examples(fitted.source(tune), Answers(*vocabulary.answers(tune))),
            recipe,
            device=self.device,
            encoder_layers=learned,
            checkpoint=checkpoint,
            told=tell,
        )
        return replace(fitted, course=course)

    def vectors(self, record: TrainingRecord, encoder: nn.Module | None) -> tuple[Tensor, Tensor]:
        """Return token vectors and section numbers of one record."""
        if encoder is None:
            if record.digest not in self._vectors:
                self.prepare([record])
            return self._vectors[record.digest].get(record.digest)
        segments = self.tokenizer.segments(record.passages)
        hidden = hidden_of(encoder, segments, self.tokenizer.pad, self.device)
        numbers = section_numbers(segments, SECTIONS)
        return hidden, torch.tensor(numbers, dtype=torch.long)


@dataclass(frozen=True, slots=True)
class FittedAttention:
    """Trained heads, with the encoder where that was trained too.

    Attributes
    ----------
    trainer
        What made them.
    network
        The heads.
    encoder
        The encoder whose highest layers learned; None for the encoder as it was.
    course
        How training went; None before it.
    """

    trainer: AttentionTrainer
    network: LabelAttention
    encoder: nn.Module | None
    course: Course | None = None

    def source(self, records: Sequence[TrainingRecord]) -> Source:
        """Return the function from a record's place to its vectors."""
        return lambda place: self.trainer.vectors(records[place], self.encoder)

    def score(self, records: Sequence[TrainingRecord]) -> Scores:
        """Score records."""
        return score(self.network, self.source(records), len(records), self.trainer.device)

    def export(self, folder: Path) -> list[str]:
        """Write encoder, heads and tokenizer; return their file names."""
        if self.encoder is None:
            shutil.copyfile(self.trainer.exported(), folder / ENCODER)
        else:
            export_encoder(self.encoder, folder / ENCODER)
        export_heads(self.network, folder / HEADS)
        shutil.copyfile(self.trainer.tokenizer_file, folder / TOKENIZER)
        return [ENCODER, HEADS, TOKENIZER]


def _positions(encoder: nn.Module) -> int:
    """Return the positions that segments may have; RoBERTa keeps two for itself."""
    config = encoder.config
    own = 2 if config.model_type in {"roberta", "xlm-roberta"} else 0
    return min(512, int(config.max_position_embeddings) - own)


def _unfrozen(encoder: nn.Module, layers: int) -> list[nn.Parameter]:
    encoder.requires_grad_(False)
    if not layers:
        return []
    stack = getattr(getattr(encoder, "encoder", None), "layer", None)
    if stack is None:
        message = "这种编码器没有 encoder.layer，不能解冻"
        problem = Problem("--unfreeze", "encoder_kind", message, "用 BERT 一类的编码器，或填 0")
        raise InputError("--base", [problem])
    learned = [p for layer in stack[-layers:] for p in layer.parameters()]
    for parameter in learned:
        parameter.requires_grad_(True)
    return learned


def _run_name(records: Sequence[TrainingRecord], vocabulary: Vocabulary, recipe: Recipe) -> str:
    """Name a run after what decides its weights: a checkpoint never serves another run."""
    what = f"{checksum_of(records)} {vocabulary.codes} {recipe}"
    return f"run-{hashlib.sha256(what.encode()).hexdigest()[:16]}"

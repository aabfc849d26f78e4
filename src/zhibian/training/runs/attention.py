"""Run kind `attention`: a record classifier with label attention (全文分类器，加标签注意力)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from zhibian.settings import Settings
from zhibian.terminology.tables import sha256_of
from zhibian.training.classifier import train, write_model
from zhibian.training.runs.classifier import (
    RECORD_METRICS,
    LinearParameters,
    RecordData,
    Records,
    read_records,
    record_metrics,
)
from zhibian.training.runs.kinds import Kind, Place, Tuned, Watch

ATTENTION_LOSS = "attention_loss"


class AttentionData(RecordData):
    """Coded records and an encoder (已编码病历与编码器)."""

    base: Path = Field(description="A local Hugging Face encoder 编码器目录")


class AttentionParameters(LinearParameters):
    """Settings of the linear parts and of the heads (线性部分与注意力的参数)."""

    epochs: int = Field(default=5, ge=1, description="Most passes 最多轮数")
    patience: int = Field(default=2, ge=0, description="Passes without gain; 0: no early stop")
    batch: int = Field(default=8, ge=1, description="Records a step 每步病历数")
    rate: float = Field(default=1e-3, gt=0, description="Learning rate 学习率")
    decay: float = Field(default=0.01, ge=0, description="Weight decay 权重衰减")
    width: int = Field(default=64, ge=1, description="Length of queries and keys 查询向量长度")
    unfreeze: int = Field(default=0, ge=0, description="Highest encoder layers that learn too")
    encoder_rate: float = Field(default=2e-5, gt=0, description="Their learning rate")
    device: Literal["cpu", "cuda"] = "cpu"


@dataclass(frozen=True, slots=True)
class _AttentionJob:
    records: Records
    base: Path

    @property
    def sources(self) -> Mapping[str, str]:
        from zhibian.training.token_vectors import weights_of  # noqa: PLC0415

        return {**self.records.sources, "encoder": sha256_of(weights_of(self.base))}

    def train(
        self, parameters: AttentionParameters, seed: int, place: Place, watch: Watch
    ) -> Tuned:
        from zhibian.training.attention import Recipe  # noqa: PLC0415
        from zhibian.training.attention_part import AttentionTrainer  # noqa: PLC0415

        recipe = Recipe(
            epochs=parameters.epochs,
            patience=parameters.patience,
            batch=parameters.batch,
            rate=parameters.rate,
            decay=parameters.decay,
            encoder_rate=parameters.encoder_rate,
            width=parameters.width,
            unfreeze=parameters.unfreeze,
            seed=seed,
        )
        place.cache.mkdir(parents=True, exist_ok=True)
        trainer = AttentionTrainer(
            self.base, recipe, place.cache, parameters.device, watch.say, watch.epoch
        )
        # All at once and shared: the quarter that tunes is another one for every seed.
        trainer.prepare([*self.records.whole, *self.records.names])
        trained = train(
            self.records.whole,
            self.records.vocabulary(parameters.code_set),
            trainer,
            parameters.design(seed),
            extra=self.records.names,
            folder=place.work,
            log=watch.say,
        )
        if place.target is not None:
            write_model(
                trained,
                self.records.whole,
                place.target,
                name=place.name,
                seed=seed,
                segment=trainer.segment,
            )
        heads = trained.attention
        course = None if heads is None else heads.course
        values = () if course is None else course.values
        losses = [value for value in values if value is not None]
        loss = min(losses, default=float("nan"))
        return Tuned({ATTENTION_LOSS: loss, **record_metrics(trained)}, course)


def _prepare(data: Any, settings: Settings, threads: int) -> _AttentionJob:
    import torch  # noqa: PLC0415

    torch.set_num_threads(threads)
    return _AttentionJob(read_records(data, settings), data.base)


KIND = Kind(
    name="attention",
    title="全文分类器（线性部分加标签注意力）",
    data=AttentionData,
    parameters=AttentionParameters,
    metrics={ATTENTION_LOSS: "minimize", **RECORD_METRICS},
    seeded=True,
    needs=("torch", "transformers", "datasets", "onnx", "onnxruntime", "tokenizers"),
    prepare=_prepare,
)

"""Record classifiers as systems under test (全文分类器系统): over terms, with label attention.

Both learn exactly as ``zhibian train classifier`` does. ``terms-lr`` is the linear part over
dictionary terms; ``label-attention`` puts label attention over an encoder beside or instead of it.
They give diagnoses; procedures they don't know.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import sklearn
from pydantic import Field

from zhibian.coding.record_codes.classifier import weightiest
from zhibian.coding.record_codes.features import TERMS
from zhibian.coding.record_codes.model import ATTENTION
from zhibian.documents.lexicon import ReadingLexicon, load_reading_lexicon
from zhibian.evaluation.coders.gold_codes import RecordExample, gold_page
from zhibian.evaluation.coders.interface import (
    CodedLine,
    CodedPage,
    CoderInfo,
    LearningSet,
    RecordQuestion,
    Span,
)
from zhibian.evaluation.coders.learning import refuse_empty, refuse_unlearned
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings
from zhibian.terminology.tables import sha256_of
from zhibian.training.classifier import Design, Trained, train, vocabulary_of
from zhibian.training.linear import LinearRecipe
from zhibian.training.records import TrainingRecord, record_of

if TYPE_CHECKING:
    from zhibian.training.attention_part import AttentionTrainer

_NEEDED = ("torch", "transformers", "datasets", "onnx", "onnxruntime", "tokenizers")
_MOST_RANKED = 50
# Folder for the exported encoder and for what it read.
_VECTORS = "token-vectors"

MakeAttention = Callable[[], "AttentionTrainer"]


class TermsParameters(Parameters):
    """Settings of the linear part (参数)."""

    principal_strength: float = Field(
        default=LinearRecipe().principal_strength,
        gt=0,
        description="Inverse strength of the ridge, principal diagnosis",
    )
    others_strength: float = Field(
        default=LinearRecipe().others_strength, gt=0, description="The same, other diagnoses"
    )


class AttentionParameters(Parameters):
    """Settings of label attention (参数)."""

    encoder: Path | None = Field(
        default=None,
        description="Folder of a Hugging Face encoder; null: that of ZHIBIAN_ENCODER 编码器目录",
    )
    parts: Literal["attention", "blend"] = Field(
        default="attention", description="Attention alone, or blended with terms 组成"
    )
    epochs: int = Field(default=5, ge=1, description="Most passes over the records")
    patience: int = Field(default=2, ge=0, description="Passes without gain before stopping")
    batch: int = Field(default=8, ge=1, description="Records a step")
    rate: float = Field(default=1e-3, gt=0, description="Learning rate of the heads")
    width: int = Field(default=64, ge=1, description="Length of queries and keys")
    unfreeze: int = Field(default=0, ge=0, description="Highest encoder layers that learn too")
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="Where it is trained")


@dataclass(frozen=True, slots=True)
class ClassifierCoder:
    """Codes records by a record classifier (全文分类器).

    Attributes
    ----------
    told
        What a reader of a result must know.
    parts
        Parts that answer, of those trained.
    recipe
        How the linear part is held back.
    rules, code_set, lexicon
        Rule data, edition of the codes, and what records are read with.
    attention
        Makes the trainer of the attention part; None without one.
    trained
        None before learning.
    """

    told: CoderInfo
    parts: tuple[str, ...]
    recipe: LinearRecipe
    rules: Path
    code_set: str
    lexicon: ReadingLexicon = field(repr=False)
    attention: MakeAttention | None = None
    trained: Trained | None = None

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return self.told

    def learn(self, material: LearningSet) -> ClassifierCoder:
        """Return the trained system.

        The parts are weighed on a quarter of the records, as for a model that serves: the tuning
        part of a task is learned from like the rest. Lists of names train and weigh nothing,
        unless there is nothing else.

        Raises
        ------
        InputError
            There are too few records, or the encoder can't be used.
        """
        refuse_empty(material, self.told.name, self.told.title)
        everything = [self._record(example) for example in (*material.fit, *material.tune)]
        whole = [record for record in everything if record.whole] or everything
        lists = [record for record in everything if record not in whole]
        trained = train(
            whole,
            vocabulary_of(everything, self.rules, self.code_set),
            None if self.attention is None else self.attention(),
            Design(material.seed, linear=self.recipe),
            extra=lists,
            folder=material.work,
            log=_say_nothing,
        )
        return replace(self, trained=trained)

    def code(self, questions: Sequence[RecordQuestion]) -> Iterator[CodedPage]:
        """Yield one page a record.

        Raises
        ------
        InputError
            It has not learned.
        """
        if self.trained is None:
            refuse_unlearned(self.told.name)
        records = [record_of(question.case, "", (), self.lexicon) for question in questions]
        if self.trained.attention is not None:
            # One encoder session for all; a record's time is not told then.
            self.trained.attention.trainer.prepare(records)
        for record in records:
            started = time.perf_counter()
            page = _page(self.trained, self.parts, record)
            alone = self.trained.attention is None
            yield replace(page, seconds=time.perf_counter() - started if alone else None)

    def _record(self, example: RecordExample) -> TrainingRecord:
        page = gold_page(example)
        return record_of(example.question.case, page.principal, page.others, self.lexicon)


def _page(trained: Trained, parts: tuple[str, ...], record: TrainingRecord) -> CodedPage:
    blend = trained.blends[parts]
    scores = trained.score([record])
    principal, others = blend.blend({part: scores[part] for part in parts})
    first = int(principal[0].argmax())
    taken = np.flatnonzero(others[0] >= blend.threshold)
    order = sorted(taken.tolist(), key=lambda label: -float(others[0][label]))
    either = 1 - (1 - principal[0]) * (1 - others[0])
    ranked = np.argsort(-either, kind="stable")[:_MOST_RANKED]
    codes = trained.vocabulary.codes
    return CodedPage(
        principal=_line(first, float(principal[0][first]), trained, parts, record),
        others=tuple(
            _line(label, float(others[0][label]), trained, parts, record)
            for label in order
            if label != first
        ),
        ranked_diagnoses=tuple(codes[int(label)] for label in ranked),
    )


def _line(
    label: int, chance: float, trained: Trained, parts: tuple[str, ...], record: TrainingRecord
) -> CodedLine:
    """Return a code with the place of the term that speaks most for it."""
    place = weightiest(label, record.passages, trained.linear[TERMS]) if TERMS in parts else None
    return CodedLine(
        trained.vocabulary.codes[label],
        min(max(chance, 0.0), 1.0),
        evidence=() if place is None else (Span(place.document, place.start, place.end),),
    )


def _say_nothing(told: str) -> None:
    """Say nothing: the runner tells how far it is."""


def _terms(given: TermsParameters, task: TaskSpec, resources: Resources) -> ClassifierCoder:
    told = CoderInfo(
        "terms-lr",
        "词条逻辑回归",
        learns=True,
        versions={"scikit-learn": sklearn.__version__},
        parameters=given.model_dump(),
    )
    recipe = replace(
        LinearRecipe(),
        principal_strength=given.principal_strength,
        others_strength=given.others_strength,
    )
    lexicon = load_reading_lexicon(resources.rules)
    return ClassifierCoder(told, (TERMS,), recipe, resources.rules, task.code_set, lexicon)


def _attending(given: AttentionParameters, task: TaskSpec, resources: Resources) -> ClassifierCoder:
    encoder = _encoder(given.encoder or Settings().encoder)
    import torch  # noqa: PLC0415  (extra `train`)

    told = CoderInfo(
        "label-attention",
        "标签注意力",
        learns=True,
        versions={"torch": torch.__version__, "encoder": _encoder_digest(encoder)},
        parameters=given.model_dump(mode="json", exclude={"encoder"}),
    )
    return ClassifierCoder(
        told,
        (ATTENTION,) if given.parts == "attention" else (TERMS, ATTENTION),
        LinearRecipe(),
        resources.rules,
        task.code_set,
        load_reading_lexicon(resources.rules),
        # One for all folds: what the frozen encoder reads in a record hangs on no fold.
        cache(lambda: _trainer(given, encoder, (resources.work or resources.cache) / _VECTORS)),
    )


def _trainer(given: AttentionParameters, encoder: Path, work: Path) -> AttentionTrainer:
    from zhibian.training.attention import Recipe  # noqa: PLC0415
    from zhibian.training.attention_part import AttentionTrainer  # noqa: PLC0415

    work.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(
        epochs=given.epochs,
        patience=given.patience,
        batch=given.batch,
        rate=given.rate,
        width=given.width,
        unfreeze=given.unfreeze,
    )
    return AttentionTrainer(encoder, recipe, work, given.device, _say_nothing)


def _encoder(folder: Path | None) -> Path:
    """Return the folder of the encoder, refusing all that training would miss."""
    problems = []
    absent = [name for name in _NEEDED if find_spec(name) is None]
    if absent:
        message = f"没有安装 {'、'.join(absent)}"
        remedy = "安装 zhibian[train]，或不评这个系统"
        problems.append(Problem("label-attention", "extra_missing", message, remedy))
    if folder is None or not (folder / "config.json").is_file():
        remedy = "设 ZHIBIAN_ENCODER 或参数 encoder 为 Hugging Face 编码器目录（含 config.json）"
        problems.append(Problem("label-attention.encoder", "encoder_missing", "没有编码器", remedy))
    if folder is None or problems:
        raise InputError("label-attention", problems)
    return folder


def _encoder_digest(encoder: Path) -> str:
    from zhibian.training.token_vectors import weights_of  # noqa: PLC0415

    return sha256_of(weights_of(encoder))[:16]


TERMS_LR: RegisteredCoder[Any] = RegisteredCoder(
    "terms-lr", "词条逻辑回归", TermsParameters, _terms
)
LABEL_ATTENTION: RegisteredCoder[Any] = RegisteredCoder(
    "label-attention", "标签注意力", AttentionParameters, _attending
)

"""Label attention over a tiny random encoder: training, going on, export; needs ``train``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("transformers", reason="the extra train is not installed")
pytest.importorskip("datasets", reason="the extra train is not installed")
pytest.importorskip("onnx", reason="the extra train is not installed")
pytest.importorskip("onnxruntime", reason="the extra train is not installed")
pytest.importorskip("tokenizers", reason="the extra train is not installed")

import torch
import transformers
from tests.unit.record_codes.invented import invented_cases
from tests.unit.record_codes.tiny_encoder import write_tiny_encoder

from zhibian.coding.record_codes.classifier import BlendedClassifier
from zhibian.coding.record_codes.model import ATTENTION, load_record_model
from zhibian.documents.lexicon import load_reading_lexicon
from zhibian.documents.reader import read_documents
from zhibian.neural.record_attention import attention_of
from zhibian.problems import InputError
from zhibian.records.case_json import Limits, case_from_mapping
from zhibian.settings import Settings
from zhibian.training.attention import CHECKPOINT, Recipe
from zhibian.training.attention_part import AttentionTrainer, FittedAttention
from zhibian.training.classifier import (
    Design,
    Trained,
    train,
    vocabulary_of,
    write_model,
)
from zhibian.training.records import TrainingRecord, read_cases
from zhibian.training.vocabulary import Vocabulary

RULES = Settings().rules
RECIPE = Recipe(epochs=3, patience=9, batch=2, width=16, rate=5e-3, seed=5)


def silent(_: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_encoder(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[TrainingRecord]:
    file = tmp_path_factory.mktemp("cases") / "cases.json"
    file.write_text(json.dumps(invented_cases(), ensure_ascii=False), encoding="utf-8")
    return read_cases([file], load_reading_lexicon(RULES), Limits(100_000, 1_000_000))


@pytest.fixture(scope="module")
def vocabulary(records: list[TrainingRecord]) -> Vocabulary:
    return vocabulary_of(records, RULES, "nhsa-2.0")


def fit(
    base: Path,
    cache: Path,
    records: list[TrainingRecord],
    vocabulary: Vocabulary,
    recipe: Recipe = RECIPE,
    folder: Path | None = None,
    **changes: Any,
) -> FittedAttention:
    trainer = AttentionTrainer(base, replace(recipe, **changes), cache, "cpu", silent)
    return trainer.fit(records[::2], records[1::2], vocabulary, 5, folder, silent)


def weights_of(fitted: FittedAttention) -> list[np.ndarray]:
    return [p.detach().numpy() for p in fitted.network.parameters()]


def both_parts(trained: Trained) -> Trained:
    """Return a classifier that serves its attention, whatever twelve records say of it."""
    return replace(trained, chosen=("terms", ATTENTION))


def test_a_stopped_run_goes_on_to_the_same_weights(
    base: Path, records: list[TrainingRecord], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    whole = fit(base, tmp_path, records, vocabulary, folder=tmp_path / "whole")
    stopped = tmp_path / "stopped"
    broken = AttentionTrainer(base, RECIPE, tmp_path, "cpu", silent)

    def stop(text: str) -> None:
        if "第 2 轮" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken.fit(records[::2], records[1::2], vocabulary, 5, stopped, stop)
    (checkpoint,) = stopped.glob(f"run-*/{CHECKPOINT}")
    assert len(torch.load(checkpoint, weights_only=True)["values"]) == 1
    told: list[str] = []
    again = AttentionTrainer(base, RECIPE, tmp_path, "cpu", silent)
    resumed = again.fit(records[::2], records[1::2], vocabulary, 5, stopped, told.append)
    assert "断点" in told[0]
    assert "第 2 轮" in told[1]
    assert resumed.course == whole.course
    for one, other in zip(weights_of(whole), weights_of(resumed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_encoder_with_a_plain_vocabulary_serves_too(
    base: Path, records: list[TrainingRecord], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    model = transformers.BertModel.from_pretrained(base)
    model.config.save_pretrained(old)
    torch.save(model.state_dict(), old / "pytorch_model.bin")
    pieces = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    (old / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    fitted = fit(old, tmp_path / "cache", records, vocabulary, epochs=1)
    assert fitted.score(records).principal.shape == (12, len(vocabulary.labels))


def test_a_folder_that_is_no_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        AttentionTrainer(tmp_path, RECIPE, tmp_path, "cpu", silent)
    assert refused.value.problems[0].code == "encoder_missing"


def test_a_checkpoint_never_serves_another_run(
    base: Path, records: list[TrainingRecord], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    fit(base, tmp_path, records, vocabulary, folder=tmp_path, epochs=1)
    fit(base, tmp_path, records[:8], vocabulary, folder=tmp_path, epochs=1)
    assert len(list(tmp_path.glob("run-*"))) == 2


def test_training_fits_its_records(
    base: Path, records: list[TrainingRecord], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    trainer = AttentionTrainer(base, replace(RECIPE, epochs=40), tmp_path, "cpu", silent)
    fitted = trainer.fit(records, records, vocabulary, 5, None, silent)
    principal, others = vocabulary.answers(records)
    scores = fitted.score(records)
    assert (scores.principal.argmax(axis=1) == principal).all()
    assert ((scores.others > 0) == others).mean() > 0.9


def test_unfrozen_layers_learn_and_lower_ones_stay(
    base: Path, records: list[TrainingRecord], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    fitted = fit(base, tmp_path, records, vocabulary, unfreeze=1, encoder_rate=1e-3)
    before = transformers.BertModel.from_pretrained(base).state_dict()
    assert fitted.encoder is not None
    after = fitted.encoder.state_dict()
    name = "encoder.layer.{}.output.dense.weight"
    assert torch.equal(before[name.format(0)], after[name.format(0)])
    assert not torch.equal(before[name.format(1)], after[name.format(1)])


def test_the_exported_classifier_agrees_with_torch(
    base: Path, records: list[TrainingRecord], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    trainer = AttentionTrainer(base, RECIPE, tmp_path / "work", "cpu", silent)
    trained = both_parts(train(records, vocabulary, trainer, Design(5), log=silent))
    write_model(
        trained, records, tmp_path / "model", name="tiny-1", seed=5, segment=trainer.segment
    )
    model = load_record_model(tmp_path / "model")
    attention = attention_of(model)
    assert attention is not None
    scores = trained.score(records)[ATTENTION]
    for row, record in enumerate(records):
        found = attention.read(record.passages)
        np.testing.assert_allclose(found.scores.principal[0], scores.principal[row], atol=0.02)
        np.testing.assert_allclose(found.scores.others[0], scores.others[row], atol=0.02)
        assert found.weights.shape == (len(vocabulary.labels), len(found.places))
        np.testing.assert_allclose(found.weights.sum(axis=1), 1, rtol=1e-4)
        for place, passage in ((p, q) for p in found.places for q in record.passages):
            if place.document == passage.document and passage.start <= place.start:
                break
        else:
            pytest.fail("a piece stands outside all passages")


def test_the_attended_span_is_a_sentence_of_the_record(
    base: Path, records: list[TrainingRecord], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    trainer = AttentionTrainer(base, RECIPE, tmp_path / "work", "cpu", silent)
    trained = both_parts(train(records, vocabulary, trainer, Design(5), log=silent))
    folder = tmp_path / "model"
    write_model(trained, records, folder, name="tiny-1", seed=5, segment=trainer.segment)
    model = load_record_model(folder)
    codes = {place: label.code for place, label in enumerate(model.labels)}
    classifier = BlendedClassifier(model, codes, attention_of(model))
    case = case_from_mapping(invented_cases()[0], "case", Limits(100_000, 1_000_000)).case
    reading = read_documents(case.documents, load_reading_lexicon(RULES))
    found = classifier.classify(reading)
    sentences = {sentence.span for sentence in reading.sentences}
    assert found
    assert {code.span for code in found} <= sentences

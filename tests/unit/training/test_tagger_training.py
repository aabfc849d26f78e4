"""Training of the tagger on a handful of invented texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zhibian.documents.matcher import TermMatcher
from zhibian.documents.tagger import (
    DictionaryHints,
    EntityTagger,
    EntityType,
    TermKind,
    write_weights,
)

pytest.importorskip("pycrfsuite")

from zhibian.evaluation.data.tagged_texts import CDEE_FILES, CEHRNER_FILES
from zhibian.training import tagger as training

_KINDS = {"肺炎": TermKind.DISEASE}
_HINTS = DictionaryHints(TermMatcher(_KINDS), _KINDS)
_DISEASES = ["胃腺癌", "肝囊肿", "肺脓肿", "胆囊结石", "肾结核"]


@pytest.fixture
def corpora(tmp_path: Path) -> tuple[Path, Path]:
    spans, events = tmp_path / "spans", tmp_path / "events"
    spans.mkdir()
    events.mkdir()
    lines = []
    for name in _DISEASES * 2:
        text = f"患者因{name}入院，无发热，好转出院。"
        mention = {"mention": name, "label": "疾病和诊断", "offset": "3"}
        lines.append(json.dumps({"text": text, "mention_data": [mention]}, ensure_ascii=False))
    rows = [
        {
            "id": number,
            "text": f"患者因{name}入院，无发热，好转出院。",
            "event": [
                {"core_name": "发热", "tendency": "否定", "character": [], "anatomy_list": []}
            ],
        }
        for number, name in enumerate(_DISEASES)
    ]
    for file in CEHRNER_FILES:
        (spans / file).write_text("\n".join(lines), encoding="utf-8")
    for file in CDEE_FILES:
        (events / file).write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return spans, events


def test_both_corpora_teach_what_they_mark(corpora: tuple[Path, Path]) -> None:
    said: list[str] = []
    weights = training.train_tagger(*corpora, _HINTS, said.append)
    tagger = EntityTagger(weights, _HINTS)
    text = "患者因脾囊肿入院,无发热,好转出院。"
    assert [(text[e.start : e.end], e.type) for e in tagger.tag(text)] == [
        ("脾囊肿", EntityType.DISEASE),
        ("发热", EntityType.FINDING),
    ]
    figures = training.measure_tagger(tagger, *corpora, test=False)
    assert figures["cehrner_dev"]["f1"] == 1.0
    assert figures["cdee_dev"]["recall"] == 1.0
    assert len(said) == 4


def test_training_again_gives_the_same_bytes(corpora: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("one.npz", "two.npz"):
        weights = training.train_tagger(*corpora, _HINTS, lambda _: None)
        write_weights(weights, tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_the_manifest_names_sources_figures_and_hashes(
    corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    weights = training.train_tagger(*corpora, _HINTS, lambda _: None)
    training.write_tagger(weights, tmp_path / "m", training.sources(*corpora), {"f1": 1.0})
    manifest = (tmp_path / "m" / "manifest.yaml").read_text(encoding="utf-8")
    assert "weights.npz" in manifest
    assert "CHIP-CDEE_train.json" in manifest
    assert "test.json" not in manifest

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from zhibian.coding.mention_tagger import (
    MANIFEST,
    NAME,
    WEIGHTS,
    RecordTagger,
    load_mention_tagger,
)
from zhibian.documents.matcher import TermMatcher
from zhibian.documents.reader import load_reading_lexicon, read_documents
from zhibian.documents.tag_features import dictionary_marks, feature_keys
from zhibian.documents.tagger import DictionaryHints, TaggerWeights, TermKind, write_weights
from zhibian.documents.types import Assertion
from zhibian.problems import InputError
from zhibian.records.types import Document
from zhibian.settings import Settings
from zhibian.terminology.tables import sha256_of

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "rules"
KINDS = {"肺炎": TermKind.DISEASE}
HINTS = DictionaryHints(TermMatcher(KINDS), KINDS)
LABELS = ("B-手术", "B-疾病和诊断", "B-症状", "I-手术", "I-疾病和诊断", "I-症状", "O")


def _weights() -> TaggerWeights:
    """Return weights that know 胃镜术 as a procedure, 肺癌 as a disease, 腹胀 as a symptom."""
    taught = {
        "行胃镜术。": ["O", "B-手术", "I-手术", "I-手术", "O"],
        "患肺癌。": ["O", "B-疾病和诊断", "I-疾病和诊断", "O"],
        "伴腹胀。": ["O", "B-症状", "I-症状", "O"],
        "诉无予后未见。": ["O"] * 7,
    }
    rows: dict[int, np.ndarray] = {}
    for text, labels in taught.items():
        keys = feature_keys(text, dictionary_marks(len(text), []))
        for place, label in enumerate(labels):
            for key in keys[:, place].tolist():
                rows.setdefault(key, np.zeros(len(LABELS), np.int8))[LABELS.index(label)] = 9
    keys = sorted(rows)
    states = np.array([rows[key] for key in keys], np.int8)
    transitions = np.zeros((len(LABELS), len(LABELS)), np.float32)
    return TaggerWeights(LABELS, np.array(keys, np.uint32), states, transitions, 0.1)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / NAME
    folder.mkdir()
    write_weights(_weights(), folder / WEIGHTS)
    (folder / MANIFEST).write_text(
        f"version: toy-1\nfloor: 0.5\nfiles:\n  {WEIGHTS}: {sha256_of(folder / WEIGHTS)}\n",
        encoding="utf-8",
    )
    return tmp_path


def _tag(tagger: RecordTagger, text: str) -> list[tuple[str, str, Assertion]]:
    reading = read_documents(
        [Document(type="日常病程记录", text=text)], load_reading_lexicon(RULES)
    )
    return [(t.mention.term, t.kind, t.mention.assertion) for t in tagger.tag(reading)]


def test_without_its_folder_there_is_no_tagger(tmp_path: Path) -> None:
    assert load_mention_tagger(tmp_path, RULES, HINTS) is None


def test_diseases_and_procedures_are_told_with_their_assertion(models: Path) -> None:
    tagger = load_mention_tagger(models, RULES, HINTS)
    assert tagger is not None
    assert tagger.version == "toy-1"
    assert _tag(tagger, "患肺癌。行胃镜术。伴腹胀。") == [
        ("肺癌", "diagnosis", Assertion.PRESENT),
        ("胃镜术", "procedure", Assertion.PRESENT),
    ]


def test_what_is_less_sure_than_the_floor_is_left_out(models: Path) -> None:
    manifest = models / NAME / MANIFEST
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("floor: 0.5", "floor: 1.1"), encoding="utf-8"
    )
    tagger = load_mention_tagger(models, RULES, HINTS)
    assert tagger is not None
    assert _tag(tagger, "患肺癌。行胃镜术。") == []


def test_altered_or_absent_weights_are_refused(models: Path) -> None:
    weights = models / NAME / WEIGHTS
    weights.write_bytes(weights.read_bytes() + b"x")
    with pytest.raises(InputError) as caught:
        load_mention_tagger(models, RULES, HINTS)
    assert caught.value.problems[0].code == "model_corrupted"
    weights.unlink()
    with pytest.raises(InputError) as caught:
        load_mention_tagger(models, RULES, HINTS)
    assert caught.value.problems[0].code == "file_missing"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("病理回报：右肺上叶中分化腺癌。", "腺癌"),
        ("入院后诊断为左侧大脑中动脉闭塞，予抗血小板治疗。", "闭塞"),
        ("患者3年前行腹腔镜下直肠癌根治术，术后恢复好。", "直肠癌根治术"),
    ],
)
def test_the_shipped_tagger_finds_long_names_whole(text: str, expected: str) -> None:
    tagger = load_mention_tagger(Settings().models, RULES)
    assert tagger is not None
    found = [term for term, _, _ in _tag(tagger, text)]
    assert any(term.endswith(expected) and len(term) > len(expected) for term in found)

"""Reading records to learn from: once each, with their codes, never on both sides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.record_codes.invented import invented_cases

from zhibian.documents.lexicon import ReadingLexicon, load_reading_lexicon
from zhibian.problems import InputError
from zhibian.records.case_json import Limits
from zhibian.settings import Settings
from zhibian.training.records import (
    TrainingRecord,
    checksum_of,
    folds,
    read_cases,
    read_ccl25,
    refuse_overlap,
)

LIMITS = Limits(100_000, 1_000_000)


@pytest.fixture(scope="module")
def lexicon() -> ReadingLexicon:
    return load_reading_lexicon(Settings().rules)


@pytest.fixture(scope="module")
def records(
    lexicon: ReadingLexicon, tmp_path_factory: pytest.TempPathFactory
) -> list[TrainingRecord]:
    file = tmp_path_factory.mktemp("cases") / "cases.json"
    file.write_text(json.dumps(invented_cases(), ensure_ascii=False), encoding="utf-8")
    return read_cases([file], lexicon, LIMITS)


def test_a_folder_and_json_lines_give_the_same_records(
    records: list[TrainingRecord], lexicon: ReadingLexicon, tmp_path: Path
) -> None:
    lines = "\n".join(json.dumps(case, ensure_ascii=False) for case in invented_cases())
    (tmp_path / "cases.jsonl").write_text(lines + "\n", encoding="utf-8")
    again = read_cases([tmp_path], lexicon, LIMITS)
    assert [r.digest for r in again] == [r.digest for r in records]
    assert checksum_of(again) == checksum_of(list(reversed(records)))


def test_passages_carry_section_and_place(records: list[TrainingRecord]) -> None:
    passages = records[0].passages
    assert {"主诉", "现病史", "既往史", "出院诊断"} <= {p.section for p in passages}
    text = invented_cases()[0]["documents"][0]["text"]
    story = next(p for p in passages if p.section == "现病史")
    assert text[story.start : story.start + 4] == story.text[:4]


def test_a_record_filed_twice_counts_once(lexicon: ReadingLexicon, tmp_path: Path) -> None:
    case = invented_cases()[0]
    (tmp_path / "a.json").write_text(json.dumps([case, {**case, "id": "again"}]), encoding="utf-8")
    assert len(read_cases([tmp_path], lexicon, LIMITS)) == 1


def test_the_same_words_under_other_codes_are_refused(
    lexicon: ReadingLexicon, tmp_path: Path
) -> None:
    case = invented_cases()[0]
    other = {**case, "id": "again", "coded_front_page": {"principal": {"code": "A01.000"}}}
    (tmp_path / "a.json").write_text(json.dumps([case, other]), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_cases([tmp_path], lexicon, LIMITS)
    assert [p.code for p in refused.value.problems] == ["codes_conflict"]


def test_cases_without_codes_are_named_all_at_once(lexicon: ReadingLexicon, tmp_path: Path) -> None:
    bare = [{**case, "coded_front_page": None} for case in invented_cases()[:2]]
    (tmp_path / "a.json").write_text(json.dumps(bare), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_cases([tmp_path], lexicon, LIMITS)
    assert [p.field for p in refused.value.problems] == ["a.json[0]", "a.json[1]"]


def test_evaluating_on_a_training_record_is_an_error(records: list[TrainingRecord]) -> None:
    refuse_overlap(records[:6], records[6:], "folds")
    with pytest.raises(InputError) as refused:
        refuse_overlap(records[:6], records[5:], "folds")
    (problem,) = refused.value.problems
    assert problem.code == "evaluation_overlap"
    assert records[5].id in problem.message


def test_folds_cover_all_keep_principals_alike_and_ignore_order(
    records: list[TrainingRecord],
) -> None:
    dealt = folds(records, 4, seed=3)
    assert sorted(place for fold in dealt for place in fold) == list(range(12))
    for fold in dealt:
        assert len({records[place].principal for place in fold}) == 3
    turned = list(reversed(records))
    again = [{turned[p].digest for p in fold} for fold in folds(turned, 4, seed=3)]
    assert again == [{records[p].digest for p in fold} for fold in dealt]


def test_records_of_names_only_are_marked(lexicon: ReadingLexicon, tmp_path: Path) -> None:
    rows = [
        {
            "病案标识": "X1",
            "主诉": "胸闷2天。",
            "出院医嘱": "门诊随诊。",
            "主要诊断编码": "I20.000",
            "其他诊断编码": ["I10.x00x002", "I20.000"],
        },
        {
            "病案标识": "X2",
            "entities_main": [{"疾病": "冠心病，高血压病", "症状": "胸闷"}],
            "entities_other": [{"药物": "阿司匹林"}],
            "主要诊断编码": "I20.000",
            "其他诊断编码": ["E11.900"],
        },
    ]
    (tmp_path / "train.json").write_text(json.dumps(rows), encoding="utf-8")
    whole, names = read_ccl25(tmp_path, lexicon, LIMITS)
    assert (whole.whole, names.whole) == (True, False)
    assert whole.others == ("I10.x00x002",)
    assert [p.text for p in names.passages] == ["冠心病\n高血压病\n胸闷", "阿司匹林"]

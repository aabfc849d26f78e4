"""Every layout becomes questions with gold; what is wrong with a file is told all at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.evaluation.data.invented_sets import READING, case, dataset, write_json

from zhibian.evaluation.coders.interface import RecordQuestion, TermQuestion
from zhibian.evaluation.data.digests import digest_of_text
from zhibian.evaluation.data.readers import reader_for
from zhibian.evaluation.questions import (
    EventGold,
    EventQuestion,
    GroupingGold,
    PageGold,
    PageQuestion,
    RecordGold,
    TermGold,
    TextGold,
)
from zhibian.evaluation.tasks.spec import Kind
from zhibian.problems import InputError

ORACLE = (
    "Index,gender,age,ageDay,weight,dept,inHospitalTime,leavingType,zdList,ssList,"
    "status,mdc,adrg,drg\n"
)


def read(reader: str, kind: Kind, folder: Path, *files: str) -> list:  # type: ignore[type-arg]
    spec = dataset(reader, {"all": {"files": ["*"]}})
    return list(reader_for(spec, kind)(folder, files, READING))


def test_a_record_carries_neither_gold_nor_the_filed_page(tmp_path: Path) -> None:
    write_json(tmp_path, "a1.json", case("ward-7"))
    (one,) = read("cases", "coding", tmp_path, "a1.json")
    assert isinstance(one.question, RecordQuestion)
    assert one.question.case.coded_front_page is None
    assert one.question.code_set == "nhsa-2.0"
    assert "I10.x00x002" not in one.question.case.model_dump_json()
    assert isinstance(one.gold, RecordGold)
    assert one.gold.block["others"][0]["evidence"] == "高血压病"
    assert one.gold.filed is not None
    assert one.gold.filed["principal"]["code"] == "J18.900"
    assert (one.id, one.record) == ("a1", "a1")
    assert one.strata == {"mdc": "E", "department": "呼吸内科"}


def test_a_page_to_be_screened_keeps_its_filed_page(tmp_path: Path) -> None:
    unplanted = case("b")
    del unplanted["gold"]["planted"]
    write_json(tmp_path, "a.json", case("a"))
    write_json(tmp_path, "b.json", unplanted)
    (one,) = read("cases", "screening", tmp_path, "a.json", "b.json")
    assert isinstance(one.question, PageQuestion)
    assert one.question.read.case.coded_front_page is not None
    assert isinstance(one.gold, PageGold)


def test_pages_planted_from_one_record_are_drawn_together(tmp_path: Path) -> None:
    planted = case("a-2")
    planted["gold"]["planted"]["record"] = "a"
    write_json(tmp_path, "a-2.json", planted)
    (one,) = read("cases", "screening", tmp_path, "a-2.json")
    assert (one.id, one.record) == ("a-2", "a")


def test_unknown_department_and_group_are_empty(tmp_path: Path) -> None:
    bare = case("a")
    bare["admission"] = None
    del bare["gold"]["drg_1_1"]
    write_json(tmp_path, "a.json", bare)
    (one,) = read("cases", "coding", tmp_path, "a.json")
    assert one.strata == {"mdc": "", "department": ""}


def test_all_bad_case_files_are_named_at_once(tmp_path: Path) -> None:
    ungold = {key: value for key, value in case("a").items() if key != "gold"}
    headless = case("b")
    del headless["gold"]["principal"]["code"]
    write_json(tmp_path, "a.json", ungold)
    write_json(tmp_path, "b.json", headless)
    with pytest.raises(InputError) as refused:
        read("cases", "coding", tmp_path, "a.json", "b.json")
    told = [(p.field, p.code) for p in refused.value.problems]
    assert told == [("a.json gold", "gold_missing"), ("b.json gold.principal", "gold_incomplete")]


def test_records_of_task_8_are_whole_or_names(tmp_path: Path) -> None:
    rows = [
        {
            "病案标识": "HIS0001",
            "主诉": "胸闷2天。",
            "主要诊断编码": "I20.000",
            "其他诊断编码": ["I10.x00x002", "I20.000", "I10.x00x002"],
        },
        {
            "病案标识": "HIS0002",
            "entities_main": [{"疾病": "冠心病，高血压病；冠心病"}],
            "entities_other": [{"药物": "阿司匹林"}],
            "主要诊断编码": "I20.000",
            "其他诊断编码": [],
        },
    ]
    write_json(tmp_path, "train.json", rows)
    whole, names = read("ccl25", "coding", tmp_path, "train.json")
    assert [code["code"] for code in whole.gold.block["others"]] == ["I10.x00x002"]
    assert whole.strata == {"principal": "I20.000"}
    assert [d.text for d in names.question.case.documents] == ["冠心病\n高血压病", "阿司匹林"]
    # Ids of the publisher may be hospital numbers.
    assert (whole.id, names.question.case.id) == ("train-0000", "train-0001")
    assert "I20.000" not in whole.question.case.model_dump_json()


def test_records_of_task_8_without_codes_are_named_at_once(tmp_path: Path) -> None:
    write_json(tmp_path, "train.json", [{"主诉": "胸闷"}, 3])
    with pytest.raises(InputError) as refused:
        read("ccl25", "coding", tmp_path, "train.json")
    assert [p.code for p in refused.value.problems] == ["codes_missing"] * 2


def test_terms_are_of_the_kind_of_their_data_set(tmp_path: Path) -> None:
    rows = [{"text": '"左膝退变"', "normalized_result": "膝骨关节病##膝关节游离体"}]
    write_json(tmp_path, "train.json", rows)
    (tmp_path / "train.tsv").write_text(
        "原始词\t标准词\n甲状腺切除\t甲状腺切除术\n", encoding="utf-8"
    )
    (diagnosis,) = read("diagnosis-terms", "linking", tmp_path, "train.json")
    assert diagnosis.question == TermQuestion("左膝退变", "diagnosis", "00000")
    assert diagnosis.gold == TermGold(("膝骨关节病", "膝关节游离体"))
    (procedure,) = read("procedure-terms", "linking", tmp_path, "train.tsv")
    assert procedure.question.kind == "procedure"


def test_events_of_one_text_are_one_record(tmp_path: Path) -> None:
    event = {"core_name": "咳嗽", "tendency": "", "character": [], "anatomy_list": []}
    rows = [
        {
            "text": "咳嗽三天，无发热。",
            "event": [event, {**event, "core_name": "发热", "tendency": "否定"}],
        }
    ]
    write_json(tmp_path, "CHIP-CDEE_dev.json", rows)
    first, second = read("events", "assertion", tmp_path, "CHIP-CDEE_dev.json")
    assert first.record == second.record
    assert first.digest == second.digest
    assert first.question == EventQuestion("咳嗽三天,无发热。", 0, 2, first.id)
    assert second.gold == EventGold("否定")


def test_texts_have_their_entities(tmp_path: Path) -> None:
    row = {
        "text": "因胃癌入院",
        "mention_data": [{"mention": "胃癌", "offset": "1", "label": "疾病和诊断"}],
    }
    (tmp_path / "dev.json").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (one,) = read("texts", "entities", tmp_path, "dev.json")
    assert one.gold == TextGold(((1, 3, "疾病和诊断"),))


def test_grouped_pages_have_the_group_of_the_reference(tmp_path: Path) -> None:
    row = ",1,63,,0,01,10,1,J18.900,,"
    (tmp_path / "o.csv").write_text(
        f"{ORACLE}1{row}分组成功,MDCE,ES3,ES31\n2{row}无法入组,,,\n", encoding="utf-8"
    )
    grouped, ungrouped = read("grouped-pages", "grouping", tmp_path, "o.csv")
    assert grouped.gold == GroupingGold("grouped", "E", "ES3", "ES31")
    assert ungrouped.gold == GroupingGold("ungrouped", "", "", "")
    # The same page is known again, whatever its number.
    assert grouped.digest == ungrouped.digest


def test_a_table_without_answers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("Index,gender\n1,1\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read("grouped-pages", "grouping", tmp_path, "o.csv")
    (problem,) = refused.value.problems
    assert problem.code == "columns_missing"
    assert "drg" in problem.message


def test_all_rows_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    bad = ",1,old,,0,01,10,1,J18.900,,分组成功,MDCE,ES3,ES31\n"
    (tmp_path / "o.csv").write_text(f"{ORACLE}1{bad}2{bad}", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read("grouped-pages", "grouping", tmp_path, "o.csv")
    assert [p.field.split()[1] for p in refused.value.problems] == ["2", "3"]


def test_a_layout_answers_only_what_can_be_asked_of_it() -> None:
    with pytest.raises(InputError) as refused:
        reader_for(dataset("cases", {"all": {"files": ["*"]}}), "linking")
    assert refused.value.problems[0].code == "kind_unsuited"
    with pytest.raises(InputError) as unknown:
        reader_for(dataset("fhir", {"all": {"files": ["*"]}}), "coding")
    assert unknown.value.problems[0].code == "reader_unknown"


@pytest.mark.parametrize("variant", ["ＣＯＰＤ　急性加重", "COPD 急性\n加重", "COPD急性加重"])
def test_width_and_blanks_do_not_change_a_digest(variant: str) -> None:
    assert digest_of_text(variant) == digest_of_text("COPD急性加重")


def test_other_words_have_another_digest() -> None:
    assert digest_of_text("COPD") != digest_of_text("COPD急性加重")

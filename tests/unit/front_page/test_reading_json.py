"""Settlement lists and cases as JSON: nodes to fields, one, many, and broken ones."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from zhibian.problems import InputError
from zhibian.records.front_page.case_pages import case_pages
from zhibian.records.front_page.catalogue import Catalogue
from zhibian.records.front_page.layouts import Layout
from zhibian.records.front_page.reader import open_pages, read_pages
from zhibian.records.types import Case

#: An invented settlement list.
LIST: dict[str, Any] = {
    "setlinfo": {
        "mdtrt_id": "M1",
        "setl_id": "S1",
        "fixmedins_code": "H42010100001",
        "hi_no": "4200000001",
        "medcasno": "B100",
        "gend": "2",
        "brdy": "1966-01-02",
        "age": 59.0,
        "ntly": "CHN",
        "naty": "01",
        "hi_type": "310",
        "adm_time": "2025-03-02 09:10:00",
        "dscg_time": "2025-03-09 10:00:00",
        "act_ipt_days": 7,
        "nwb_bir_wt": "",
        "vent_used_dura": "1/13/24",
        "pwcry_bfadm_coma_dura": "0/2/30",
        "spga_nurscare_days": 2,
        "dscg_way": "1",
        "hi_paymtd": "4",
        "setl_begn_date": "2025-03-02",
        "medins_fill_psn": "填报员",
        "cus_field": "地方自定义",
    },
    "diseinfo": [
        {"diag_type": "2", "diag_code": "I10.x00", "diag_name": "高血压", "maindiag_flag": "0"},
        {
            "diag_type": "1",
            "diag_code": "J96.000",
            "diag_name": "急性呼吸衰竭",
            "adm_cond_type": "1",
            "maindiag_flag": "1",
        },
        {"diag_type": "3", "diag_code": "A04.01.01", "diag_name": "喘证", "maindiag_flag": "1"},
    ],
    "oprninfo": [
        {"oprn_oprt_type": "2", "oprn_oprt_code": "96.0400", "oprn_oprt_date": "2025-03-02"},
        {"oprn_oprt_type": "1", "oprn_oprt_code": "96.7201", "oprn_oprt_date": "2025-03-02"},
    ],
    "icuinfo": [
        {
            "scs_cutd_ward_type": "RICU",
            "scs_cutd_inpool_time": "2025-03-02 10:00:00",
            "scs_cutd_exit_time": "2025-03-05 10:00:00",
        }
    ],
    "iteminfo": [{"med_chrgitm": "01", "amt": 350.0}, {"med_chrgitm": "07", "amt": "120.50"}],
}


def saved(folder: Path, content: object, name: str = "lists.json") -> Path:
    path = folder / name
    if name.endswith(".jsonl") and isinstance(content, list):
        lines = (e if isinstance(e, str) else json.dumps(e, ensure_ascii=False) for e in content)
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def changed(**nodes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(LIST), **nodes}


def test_nodes_become_fields(tmp_path: Path, catalogue: Catalogue) -> None:
    opened = open_pages(saved(tmp_path, LIST), catalogue)
    table = next(iter(opened.chunks))
    page = table.cells.row(0, named=True)
    assert opened.layout is Layout.LIST_4101
    assert list(opened.unknown) == ["setlinfo.cus_field"]
    assert not table.bad
    assert page["id"] == "S1"
    assert (page["A01"], page["A48"], page["A12C"], page["A14"]) == (
        "H42010100001",
        "B100",
        "2",
        "59",
    )
    assert page["B12"] == "2025-03-02 09:10:00"
    assert (page["C03C"], page["C05C"], page["C06C"]) == ("J96.000", "1", ["I10.x00"])
    assert (page["tcm_diag_code"], page["tcm_diag_type"]) == (["A04.01.01"], ["3"])
    assert (page["C14C"], page["C35C"], page["C37"]) == ("96.7201", ["96.0400"], ["2025-03-02"])
    assert (page["C28"], page["C29"], page["C30"]) == ("0", "2", "30")
    assert page["inpool_time"] == ["2025-03-02 10:00:00"]
    assert page["amt"] == ["350.0", "120.50"]
    assert page["A18"] == []
    assert {"D01", "C17", "B22"} <= opened.absent
    assert not {"B34C", "hi_no", "C31"} & opened.absent


@pytest.mark.parametrize(
    "wrapped",
    [
        {"infno": "4101", "input": LIST},
        {"input": {"data": LIST}},
        [LIST],
        {"data": [LIST]},
    ],
)
def test_wrapped_lists(tmp_path: Path, catalogue: Catalogue, wrapped: object) -> None:
    assert read_pages(saved(tmp_path, wrapped), catalogue).cells["C03C"].to_list() == ["J96.000"]


@pytest.mark.parametrize(
    ("diagnoses", "principal", "others"),
    [
        ([{"diag_code": "I10.x00"}], "I10.x00", []),
        ([{"diag_code": "I10.x00", "maindiag_flag": "0"}], None, ["I10.x00"]),
        (
            [{"diag_code": "A", "diag_type": "2"}, {"diag_code": "B", "diag_type": "1"}],
            "B",
            ["A"],
        ),
        ([{"diag_code": "A"}, {"diag_code": "B"}], None, ["A", "B"]),
        (
            [{"diag_code": "A", "maindiag_flag": "1"}, {"diag_code": "B", "maindiag_flag": "1"}],
            None,
            ["A", "B"],
        ),
        ([], None, []),
    ],
)
def test_the_principal_diagnosis_is_never_guessed(
    tmp_path: Path,
    catalogue: Catalogue,
    diagnoses: list[dict[str, str]],
    principal: str | None,
    others: list[str],
) -> None:
    table = read_pages(saved(tmp_path, changed(diseinfo=diagnoses)), catalogue)
    page = table.cells.row(0, named=True)
    assert (page["C03C"], page["C06C"]) == (principal, others)
    told = {cell.code for cell in table.bad}
    assert told == ({"principal_unmarked"} if len(others) > 1 else set())


def test_a_code_written_as_a_number_is_told(tmp_path: Path, catalogue: Catalogue) -> None:
    path = tmp_path / "lists.json"
    path.write_text(
        '{"setlinfo": {"setl_id": 7, "adm_caty": 301, "gend": 1, "psn_selfpay": true},'
        ' "oprninfo": [{"oprn_oprt_code": 45.10}]}',
        encoding="utf-8",
    )
    table = read_pages(path, catalogue)
    page = table.cells.row(0, named=True)
    assert (page["id"], page["A12C"], page["C14C"], page["B13C"]) == ("7", "1", None, None)
    assert {(cell.column, cell.code) for cell in table.bad} == {
        ("oprninfo[].oprn_oprt_code", "code_is_number"),
        ("setlinfo.adm_caty", "leading_zero_lost"),
        ("setlinfo.psn_selfpay", "type_invalid"),
    }


def test_a_node_of_another_kind_is_told(tmp_path: Path, catalogue: Catalogue) -> None:
    lists = changed(diseinfo=["I10.x00", LIST["diseinfo"][1]], icuinfo="无")
    table = read_pages(saved(tmp_path, lists), catalogue)
    assert table.cells["C03C"].to_list() == ["J96.000"]
    assert {(cell.column, cell.code) for cell in table.bad} == {
        ("diseinfo", "type_invalid"),
        ("icuinfo", "type_invalid"),
    }


def test_lines_that_are_broken_do_not_stop_the_others(tmp_path: Path, catalogue: Catalogue) -> None:
    path = saved(tmp_path, ["{", LIST, "{broken", {"no": "list"}, LIST], "lists.jsonl")
    table = read_pages(path, catalogue)
    assert table.cells["row"].to_list() == [2, 5]
    assert [(cell.row, cell.code) for cell in table.bad] == [(n, "row_broken") for n in (1, 3, 4)]


def test_a_list_in_gb18030(tmp_path: Path, catalogue: Catalogue) -> None:
    path = tmp_path / "lists.json"
    path.write_bytes(json.dumps(LIST, ensure_ascii=False).encode("gb18030"))
    assert read_pages(path, catalogue).cells["C04N"].to_list() == ["急性呼吸衰竭"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"{", "not_json"),
        (b'{"a": 1}', "layout_unknown"),
        (b"[]", "file_empty"),
    ],
)
def test_files_that_hold_no_pages(
    tmp_path: Path, catalogue: Catalogue, content: bytes, code: str
) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_pages(path, catalogue)
    assert [problem.code for problem in refused.value.problems] == [code]


CASE: dict[str, Any] = {
    "format": "zhibian-case/1",
    "id": "case-1",
    "admission": {
        "sex": "女",
        "age": 0,
        "age_days": 3,
        "birth_weight_g": 1850,
        "admitted": "2025-03-02 09:10",
        "discharge_way": 1,
        "total_cost": 1200.5,
    },
    "documents": [{"type": "出院记录", "text": "早产儿。"}],
    "coded_front_page": {
        "principal": {"code": "P07.300", "name": "早产", "poa": "1"},
        "others": [{"code": "P22.000"}, {"code": "P59.000", "name": "黄疸"}],
        "procedures": [{"code": "96.7101", "date": "2025-03-02"}, {"code": "93.9000"}],
    },
}


def test_the_page_of_a_case(catalogue: Catalogue) -> None:
    table = case_pages([Case.model_validate(CASE)], catalogue)
    page = table.cells.row(0, named=True)
    assert (page["row"], page["id"], page["A12C"], page["A18"]) == (1, "case-1", "2", ["1850"])
    assert (page["B12"], page["B34C"], page["D01"]) == ("2025-03-02 09:10", "1", "1200.5")
    assert (page["C03C"], page["C06C"], page["C07N"]) == (
        "P07.300",
        ["P22.000", "P59.000"],
        [None, "黄疸"],
    )
    assert (page["C14C"], page["C16"], page["C35C"]) == ("96.7101", "2025-03-02", ["93.9000"])
    assert "B20" in table.absent


@pytest.mark.parametrize(("told", "code"), [("急诊", "1"), ("1", "1"), ("绿色通道", "绿色通道")])
def test_a_route_of_admission_in_words_is_its_code(
    catalogue: Catalogue, told: str, code: str
) -> None:
    stay = {**CASE["admission"], "admission_route": told}
    table = case_pages([Case.model_validate({**CASE, "admission": stay})], catalogue)
    assert table.cells["B11C"].to_list() == [code]


def test_a_case_without_a_filed_page(catalogue: Catalogue) -> None:
    case = Case.model_validate({**CASE, "coded_front_page": None, "admission": None})
    page = case_pages([case], catalogue).cells.row(0, named=True)
    assert (page["C03C"], page["C06C"], page["A12C"]) == (None, [], None)


@pytest.mark.parametrize("name", ["case.json", "cases.jsonl", "case.yaml"])
def test_files_of_cases(tmp_path: Path, catalogue: Catalogue, name: str) -> None:
    broken = {**CASE, "admission": {"sex": "X"}}
    path = saved(tmp_path, [CASE, broken] if name == "cases.jsonl" else CASE, name)
    opened = open_pages(path, catalogue)
    table = next(iter(opened.chunks))
    assert opened.layout is Layout.CASE
    assert table.cells["C03C"].to_list() == ["P07.300"]
    assert {cell.row for cell in table.bad} == ({2} if name == "cases.jsonl" else set())

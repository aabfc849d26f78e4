"""Grouping a table: encodings, layouts, bad rows, clashing columns, comparison."""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

import pytest

from zhibian.grouping import CodeBook, RulePack, Status, load_codebook, load_scheme
from zhibian.grouping.compare import AMBIGUOUS, compare
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.table import TableReport, group_file
from zhibian.grouping.table_files import open_table
from zhibian.problems import InputError

HEADER = "id,sex,age,age_days,weight,principal,others,procedures"


@pytest.fixture(scope="module")
def pack(rules: Path) -> RulePack:
    return load_scheme(rules, "chs-drg-1.1")


@pytest.fixture(scope="module")
def codebook(rules: Path) -> CodeBook:
    return load_codebook(rules)


def _run(
    content: bytes, folder: Path, pack: RulePack, codebook: CodeBook, form: str = "own"
) -> tuple[list[dict[str, str]], TableReport]:
    source, output = folder / "in.csv", folder / "out.csv"
    source.write_bytes(content)
    layout = LAYOUTS[InputFormat(form)]
    report = group_file(open_table(source), output, pack, layout, codebook=codebook)
    with output.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle)), report


@pytest.mark.parametrize("separator", ["|", ";", "；", '","', "，", " | "])
def test_codes_may_be_joined_in_several_ways(
    separator: str, tmp_path: Path, pack: RulePack, codebook: CodeBook
) -> None:
    codes = f"I50.908{separator}E11.600x051" if separator != '","' else '"I50.908,E11.600x051"'
    content = f"{HEADER}\n1,男,78,,,J15.902,{codes},\n".encode()
    rows, _ = _run(content, tmp_path, pack, codebook)
    assert [r["drg"] for r in rows] == ["ES31"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("note", ["女科", ""])
def test_utf8_with_and_without_mark_and_gb18030(
    encoding: str, note: str, tmp_path: Path, pack: RulePack, codebook: CodeBook
) -> None:
    """The sex alone in GB18030 happens to be valid UTF-8 of another script."""
    content = f"{HEADER},note\n1,女,32,,,O32.101,O86.002,74.1x01,{note}\n".encode(encoding)
    rows, report = _run(content, tmp_path, pack, codebook)
    assert rows[0]["drg"] == "OB19"
    assert rows[0]["note"] == note
    assert not report.problems


def test_mark_is_kept_as_a_sign_of_utf8(tmp_path: Path) -> None:
    path = tmp_path / "marked.csv"
    path.write_bytes(codecs.BOM_UTF8 + "a,ß\n".encode())
    assert open_table(path).encoding == "utf-8-sig"


def test_bad_rows_are_told_with_row_and_column_and_the_others_go_on(
    tmp_path: Path, pack: RulePack, codebook: CodeBook
) -> None:
    content = (
        f"{HEADER}\n"
        "1,,abc,,,,,\n"
        "2,1,78,,,J15.902,,\n"
        "3,9,200,-1,0,J15.902,ZZ9,45.1\n"
        "4,1,30\n"
        "5,1,30,,x,J15.902,,\n"
        "\n"
        "6,2,78,,,J15.902,,\n"
    ).encode()
    rows, report = _run(content, tmp_path, pack, codebook)
    assert [r["status"] for r in rows] == [
        "输入错误",
        "分组成功",
        "输入错误",
        "输入错误",
        "输入错误",
        "分组成功",
    ]
    assert report.rows == 6
    assert report.statuses == {Status.INVALID: 4, Status.GROUPED: 2}
    assert [(p.field, p.code) for p in report.problems] == [
        ("第 2 行，age 列", "cell_invalid"),
        ("第 2 行，sex 列", "sex_missing"),
        ("第 2 行，principal 列", "principal_missing"),
        ("第 4 行，sex 列", "sex_invalid"),
        ("第 4 行，age 列", "age_invalid"),
        ("第 4 行，age_days 列", "age_days_invalid"),
        ("第 4 行，weight 列", "weight_invalid"),
        ("第 4 行，others 列", "dx_unknown"),
        ("第 4 行，procedures 列", "procedure_unknown"),
        ("第 5 行", "row_broken"),
        ("第 6 行，weight 列", "cell_invalid"),
    ]
    assert all(p.remedy for p in report.problems)
    assert rows[3]["id"] == "4"


def test_clashing_columns_are_kept_under_another_name(
    tmp_path: Path, pack: RulePack, codebook: CodeBook
) -> None:
    content = f"{HEADER},drg,status,drg_input\n1,1,78,,,J15.902,,,OLD,was,older\n".encode()
    rows, _ = _run(content, tmp_path, pack, codebook)
    assert rows[0]["drg"] == "ES35"
    assert rows[0]["drg_input_"] == "OLD"
    assert rows[0]["drg_input"] == "older"
    assert rows[0]["status_input"] == "was"


def test_opendrg_weight_zero_is_no_weight_and_age_is_full_years(
    tmp_path: Path, pack: RulePack, codebook: CodeBook
) -> None:
    header = ",".join(LAYOUTS[InputFormat.OPENDRG].columns)
    content = (
        f"{header}\n"
        "1,1,0.01,5,0,01,3,1,P07.300,\n"
        "2,1,0.5,5,1400,01,3,1,P07.300|P22.000,\n"
        "3,1,60,21900,,01,3,1,J15.902||I50.908|,|\n"
    ).encode()
    rows, report = _run(content, tmp_path, pack, codebook, "opendrg")
    assert [(r["drg"], r["reason"].split(" ")[0]) for r in rows] == [
        ("", "NEWBORN_ERROR"),
        ("PS11", ""),
        ("ES31", ""),
    ]
    assert not report.problems


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\xff\xfe\x00\x81", "encoding"),
        (b"id,sex\n1,1\n", "column_missing"),
        (b"id;sex\n1;1\n", "separator"),
        (b"id\tsex\n1\t1\n", "separator"),
        (f"{HEADER},sex\n".encode(), "column_repeated"),
    ],
)
def test_tables_that_cannot_be_used(
    content: bytes, code: str, tmp_path: Path, pack: RulePack, codebook: CodeBook
) -> None:
    with pytest.raises(InputError) as caught:
        _run(content, tmp_path, pack, codebook)
    assert code in {p.code for p in caught.value.problems}
    assert not (tmp_path / "out.csv").exists()


def test_missing_columns_are_told_together(
    tmp_path: Path, pack: RulePack, codebook: CodeBook
) -> None:
    with pytest.raises(InputError) as caught:
        _run(b"id,sex,age\n", tmp_path, pack, codebook)
    assert [p.field for p in caught.value.problems] == [
        "age_days",
        "weight",
        "principal",
        "others",
        "procedures",
    ]


def test_a_cell_too_long_for_the_reader_spoils_its_row_only(
    tmp_path: Path, pack: RulePack, codebook: CodeBook
) -> None:
    content = f"{HEADER}\n1,1,78,,,J15.902,{'A' * 200_000},\n2,1,78,,,J15.902,,\n".encode()
    rows, report = _run(content, tmp_path, pack, codebook)
    assert [r["status"] for r in rows] == ["输入错误", "分组成功"]
    assert [p.code for p in report.problems] == ["row_broken"]


def test_second_scheme_is_compared_by_reason(
    rules: Path, tmp_path: Path, pack: RulePack, codebook: CodeBook
) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        f"{HEADER}\n1,1,60,,,J18.901,,81.5400\n2,1,0,60,,P28.400,,\n3,1,60,,,J18.901,,\n", "utf-8"
    )
    published = load_scheme(rules, "chs-drg-1.1@published")
    report = group_file(
        open_table(source),
        output,
        pack,
        LAYOUTS[InputFormat.OWN],
        codebook=codebook,
        comparison=compare(rules, pack, published),
    )
    with output.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert report.differences == {AMBIGUOUS: 1, "更正 pv1-infants": 1}
    assert [(r["drg"], r["against_drg"]) for r in rows] == [
        ("EQY", "ES35"),
        ("0000", "PV15"),
        ("ES35", "ES35"),
    ]

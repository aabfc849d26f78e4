"""Front pages in another code set, in a table and on screen; golden cases are in tests/cases."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zhibian.cli.main import app
from zhibian.grouping import GroupingInput, RulePack, load_scheme, render_trace
from zhibian.grouping.convert import convert_case, group_converted
from zhibian.problems import InputError
from zhibian.terminology.crosswalk import FiledSet, load_filed_set

HEADER = "id,sex,age,age_days,weight,principal,others,procedures"


@pytest.fixture(scope="module")
def clinical(rules: Path) -> FiledSet:
    return load_filed_set(rules, "clinical-2.0")


@pytest.fixture(scope="module")
def pack(rules: Path) -> RulePack:
    return load_scheme(rules, "chs-drg-1.1")


def test_places_are_kept(clinical: FiledSet) -> None:
    case = GroupingInput("A01.000x002", ("A00.000", "Q00.999x777"), ("06.3100x002",), 1, 40)
    found = convert_case(case, clinical)
    assert found.case == GroupingInput("A01.003", ("A00.000", "Q00.999x777"), ("06.3102",), 1, 40)
    assert [c.field for c in found.conversions] == [
        "principal",
        "others.0",
        "others.1",
        "procedures.0",
    ]
    assert [f.problem.field for f in found.findings] == ["others.1"]


def test_a_missing_principal_is_the_graver_reason(clinical: FiledSet, pack: RulePack) -> None:
    result = group_converted(GroupingInput(None, ("Q00.999x777",), (), 1, 40), clinical, pack)
    assert [p.code for p in result.problems] == ["principal_missing", "dx_not_mappable"]
    assert result.reason == "INPUT_INVALID"
    assert [c.field for c in result.conversions] == ["others.0"]


def test_conversions_are_told_before_the_steps(clinical: FiledSet, pack: RulePack) -> None:
    case = GroupingInput("C92.001", ("A00.000", "A00.100"), (), 1, 40)
    lines = render_trace(group_converted(case, clinical, pack), {})
    assert lines[0].startswith("编码转换：主要诊断 同码不同义：C92.001")
    assert lines[1] == "编码转换：2 个编码同码同义，不变"
    assert lines[2].startswith("主要诊断大类不符合")


def test_text_in_a_code_field_is_never_shown(clinical: FiledSet, pack: RulePack) -> None:
    result = group_converted(GroupingInput("张三", (), (), 1, 40), clinical, pack)
    told = str(result.to_json()) + "".join(render_trace(result, {}))
    assert "张三" not in told


def test_an_unknown_code_set_lists_those_there_are(rules: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_filed_set(rules, "clinical-9")
    assert "clinical-2.0、clinical-1.0、nhsa-1.0、beijing-7.0" in caught.value.problems[0].message


def test_a_table_in_clinical_codes(tmp_path: Path) -> None:
    table, output = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = [
        "1,1,40,,,C92.001,A41.900|A00.000,",
        "2,1,60,,,N18.002+D63.8*,,",
        "3,1,60,,,张三,,99.9999x99",
        "4,1",
    ]
    table.write_text("\n".join([HEADER, *rows, ""]), "utf-8")

    def told(code_set: str) -> list[dict[str, str]]:
        options = ["--output", str(output), "--code-set", code_set]
        result = CliRunner().invoke(app, ["group", str(table), *options])
        assert result.exit_code == 0
        assert "张三" not in result.output
        with output.open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    first, second, third, fourth = told("clinical-2.0")
    assert (first["status"], first["adrg"]) == ("分组成功", "RR1")
    assert first["conversions"] == (
        "principal C92.001→C92.000x014（同码不同义）；others.0 A41.900→A41.900（同码不同义）"
    )
    assert second["status"] == "分组成功"
    assert third["reason"].startswith("DX_NOT_MAPPABLE principal：")
    assert third["conversions"] == "principal （非编码） 无映射；procedures.0 99.9999x99 无映射"
    assert fourth["conversions"] == ""
    assert told("clinical-1.0")[1]["conversions"] == (
        "principal N18.002+D63.8* 一对多：N18.500、N18.900x012+D63.8*"
    )


def test_the_second_scheme_sees_the_converted_codes(tmp_path: Path) -> None:
    table, output = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text(f"{HEADER}\n1,1,40,,,A01.000x002,,\n", "utf-8")
    options = ["--output", str(output), "--code-set", "clinical-2.0"]
    options += ["--against", "chs-drg-1.1"]
    assert CliRunner().invoke(app, ["group", str(table), *options]).exit_code == 0
    with output.open(encoding="utf-8", newline="") as handle:
        (row,) = csv.DictReader(handle)
    assert row["drg"] == row["against_drg"] != ""
    assert list(row)[-1] == "conversions"

"""What changes between two editions: groups, levels, one code, one case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zhibian.cli.rules import app
from zhibian.grouping import GroupingInput, Level, RulePack, Status, load_codebook, load_scheme
from zhibian.grouping.diff import LevelChange, PackDiff, Place, code_role, diff, diff_case
from zhibian.grouping.diff_text import render_diff


@pytest.fixture(scope="module")
def old(rules: Path) -> RulePack:
    return load_scheme(rules, "chs-drg-1.1")


@pytest.fixture(scope="module")
def new(rules: Path) -> RulePack:
    return load_scheme(rules, "chs-drg-2.0")


@pytest.fixture(scope="module")
def found(old: RulePack, new: RulePack) -> PackDiff:
    return diff(old, new)


def test_counts_of_groups_add_up(found: PackDiff, old: RulePack, new: RulePack) -> None:
    grown = {k: len(c.added) - len(c.removed) for k, c in found.groups.items()}
    assert grown == {"mdc": 0, "adrg": 409 - 376, "drg": 634 - 628}
    added = {g.code for g in found.groups["adrg"].added}
    assert {"AA2", "AH2", "WR2"} <= added | {g.code for g in found.groups["adrg"].renamed}
    assert {"AA2", "AH2"} <= added
    assert old.names().keys() & added == set()


def test_names_that_differ_in_signs_alone_are_no_change(found: PackDiff) -> None:
    renamed = {r.code: (r.before, r.after) for r in found.groups["mdc"].renamed}
    assert renamed["MDCP"] == ("新生儿及其他围产期新生儿疾病", "新生儿疾病")
    assert "MDCB" not in renamed


def test_every_change_of_level_is_one(found: PackDiff, old: RulePack, new: RulePack) -> None:
    assert all(c.before is not c.after for c in found.levels)
    assert sum(found.level_counts().values()) == len(found.levels)
    assert LevelChange("I10.x05", Level.NONE, Level.NONE) not in found.levels
    codes = {c.code for c in found.levels}
    both = old.severity.levels.keys() & new.severity.levels.keys()
    same = {c for c in both if old.severity.levels[c][0] is new.severity.levels[c][0]}
    assert not codes & same
    assert codes | same == old.severity.levels.keys() | new.severity.levels.keys()


def test_a_scheme_does_not_differ_from_itself(old: RulePack) -> None:
    none = diff(old, old)
    assert none.levels == ()
    assert all(not (c.added or c.removed or c.renamed) for c in none.groups.values())
    assert render_diff(none)[-1] == "CC/MCC 等级不同的诊断：0"


def test_role_of_a_diagnosis(old: RulePack, new: RulePack) -> None:
    before, after = code_role("B20.001", old), code_role("B20.001", new)
    assert Place("YR1", "HIV相关疾病", ("ZYZD", "QTZD")) in after.places
    assert [p.fields for p in before.places if p.code == "YR1"] == [("ZYZD",)]
    assert code_role("I50.908", new).level is Level.MCC
    assert code_role("I50.908", new).table == code_role("I50.908", new).principal_table == "90"


def test_role_of_a_procedure(old: RulePack, new: RulePack) -> None:
    assert {p.code for p in code_role("39.6500", old).places} == {"AH1"}
    assert code_role("39.6500", new).valid_procedure
    role = code_role("93.0100", new)
    assert not role.valid_procedure
    assert role.places == ()


def test_a_case_under_two_editions(old: RulePack, new: RulePack, rules: Path) -> None:
    case = GroupingInput("J15.902", ("B20.001",), (), 1, 40)
    both = diff_case(case, old, new, load_codebook(rules))
    assert (both.before.adrg, both.after.adrg) == ("ES3", "YR1")
    assert not both.same
    assert both.before.trace
    assert diff_case(case, old, old).same
    assert diff_case(GroupingInput("X"), old, new).after.status is Status.INVALID


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["diff", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_command_prints_changes_in_chinese() -> None:
    output = _run("chs-drg-1.1", "chs-drg-2.0")
    assert "新增 AH2 有创呼吸机支持≥96小时" in output
    assert "改名 MDCP 新生儿及其他围产期新生儿疾病 → 新生儿疾病" in output
    assert "CC → 非 CC/MCC：" in output


def test_command_prints_every_change_as_json() -> None:
    told = json.loads(_run("chs-drg-1.1", "chs-drg-2.0", "--format", "json"))
    assert (told["first"], told["second"]) == ("chs-drg-1.1", "chs-drg-2.0")
    assert {"code": "AA2", "name": "心脏移植"} in told["groups"]["adrg"]["added"]
    assert {c["before"] for c in told["levels"]} == {"CC", "MCC", "NONE"}


def test_command_tells_about_one_code_and_one_case(examples: Path) -> None:
    case = examples / "heart-failure-pneumonia.json"
    arguments = ("chs-drg-1.1", "chs-drg-2.0", "--code", "I50.908", "--case", str(case))
    output = _run(*arguments)
    assert "编码 I50.908" in output
    assert "chs-drg-2.0：MCC，排除表 90；作主要诊断属排除表 90" in output
    assert "两个方案结果" in output
    told = json.loads(_run(*arguments, "--format", "json"))
    assert [s["scheme"] for s in told["code"]["schemes"]] == ["chs-drg-1.1", "chs-drg-2.0"]
    assert told["case"]["after"]["scheme"] == "chs-drg-2.0"


def test_command_refuses_an_unknown_code_without_repeating_it() -> None:
    result = CliRunner().invoke(app, ["diff", "chs-drg-1.1", "chs-drg-2.0", "--code", "张三"])
    assert result.exit_code == 2
    assert "编码不在医保版编码集中" in result.output
    assert "张三" not in result.output


def test_command_refuses_a_case_without_front_page(tmp_path: Path, examples: Path) -> None:
    case = json.loads((examples / "heart-failure-pneumonia.json").read_text("utf-8"))
    case["coded_front_page"] = None
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case, ensure_ascii=False), "utf-8")
    arguments = ["diff", "chs-drg-1.1", "chs-drg-2.0", "--case", str(path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "没有已填报的首页" in result.output

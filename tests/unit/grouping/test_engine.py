"""The single-case engine: trace, severity, input problems, rendering."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zhibian.grouping import (
    CodeSeverity,
    GroupingInput,
    Level,
    Reason,
    RulePack,
    Status,
    group,
    load_codebook,
    load_scheme,
    render_trace,
    severity,
    split_levels,
)
from zhibian.grouping.manifest import Gap, Manifest, SetChange
from zhibian.grouping.pack import assemble, read_manifest, read_tables
from zhibian.problems import InputError


@pytest.fixture(scope="module")
def pack(rules: Path) -> RulePack:
    return load_scheme(rules, "chs-drg-1.1")


@pytest.fixture(scope="module")
def manifest(rules: Path) -> Manifest:
    return read_manifest(rules / "chs-drg" / "1.1")


def test_severity_tells_level_and_exclusion(pack: RulePack) -> None:
    assert severity("I48.000", "I50.900", pack) == CodeSeverity(Level.CC, True)
    assert severity("I48.000", "J15.902", pack) == CodeSeverity(Level.CC, False)
    assert severity("I50.908", "J15.902", pack) == CodeSeverity(Level.MCC, False)
    assert severity("I10.x05", "J15.902", pack) == CodeSeverity(Level.NONE, False)


def test_split_levels_tell_which_levels_share_a_group(pack: RulePack) -> None:
    assert split_levels("ES3", pack) == {Level.MCC: "ES31", Level.CC: "ES33", Level.NONE: "ES35"}
    assert split_levels("FR2", pack) == {Level.MCC: "FR21", Level.CC: "FR25", Level.NONE: "FR25"}
    assert split_levels("PS4", pack) == {Level.MCC: "PS43", Level.CC: "PS43", Level.NONE: "PS45"}
    assert split_levels("OB1", pack) == dict.fromkeys(Level, "OB19")
    with pytest.raises(KeyError):
        split_levels("XX9", pack)


def test_trace_names_the_first_failed_condition_of_every_candidate(pack: RulePack) -> None:
    result = group(GroupingInput("J15.902", ("I50.908",), (), 1, 78), pack)
    rejected = {s.subject: s.get("failed") for s in result.trace if s.outcome == "rejected"}
    assert rejected["MDCA"] == "ZYSS in OP_ALL"
    assert rejected["MDCB"] == "ZYZD in MDCB_ZD"
    assert rejected["EB1"] == "ZYSS in EB1_SS"
    assert rejected["EQY"] == "ZYSS in OP_ALL"
    assert rejected["ES1"] == "ZYZD in ES1_ZD"
    assert [s.subject for s in result.trace if s.outcome == "matched"] == ["ES3", "ES31"]
    assert result.trace[-1].outcome == "grouped"


def test_result_is_json(pack: RulePack) -> None:
    result = group(GroupingInput("P07.300", (), (), 1, 0), pack)
    told = json.loads(json.dumps(result.to_json(), ensure_ascii=False))
    assert told["status"] == "insufficient_data"
    assert told["reason"] == "NEWBORN_ERROR"
    assert [p["field"] for p in told["problems"]] == ["age_days", "weight_g"]
    assert told["remedy"] == Reason.NEWBORN_ERROR.remedy
    missing = [s["detail"] for s in told["trace"] if s["subject"] == "PS1"]
    assert missing == [{"failed": "XSRTZ < 1500", "missing": "XSRTL,XSRTZ"}]


def test_all_problems_of_an_input_are_told_at_once(pack: RulePack) -> None:
    result = group(GroupingInput(None, (), (), 3, -1, -2, 0.0), pack)
    assert result.status is Status.INVALID
    assert [p.code for p in result.problems] == [
        "sex_invalid",
        "age_invalid",
        "age_days_invalid",
        "weight_invalid",
        "principal_missing",
    ]
    assert all(p.remedy for p in result.problems)


def test_only_what_looks_like_a_code_is_shown(rules: Path, pack: RulePack) -> None:
    others = ("E11.901", "张三", "ZhangSan", "110101199001011234")
    case = GroupingInput("J18.901", others, ("74.1", "138 0000 0000"), 1, 78)
    result = group(case, pack, load_codebook(rules))
    assert [p.field for p in result.problems] == [
        "others.0",
        "others.1",
        "others.2",
        "others.3",
        "procedures.0",
        "procedures.1",
    ]
    assert [p.value for p in result.problems] == ["E11.901", None, None, None, "74.1", None]


def test_lines_for_people(pack: RulePack) -> None:
    names = pack.names() | {"I50.908": "慢性心力衰竭", "I10.x05": "高血压3级"}
    case = GroupingInput("J15.902", ("I50.908", "E11.600x051", "I10.x05"), (), 1, 78)
    lines = render_trace(group(case, pack), names)
    assert lines[1] == "主要诊断大类 MDCE 呼吸系统疾病及功能障碍：符合，进入"
    assert "其他诊断 I50.908 慢性心力衰竭：MCC，计入（排除表 95，主要诊断属表 101）" in lines
    assert "不是 CC/MCC 的其他诊断：I10.x05 高血压3级" in lines
    assert "本例伴严重并发症或合并症（MCC），由 I50.908 慢性心力衰竭 决定" in lines
    assert lines[-1].startswith("分组结果：ES31 ")


def test_lines_of_an_excluded_code_and_of_an_ambiguous_case(pack: RulePack) -> None:
    excluded = render_trace(group(GroupingInput("I50.900", ("I48.000",), (), 1, 70), pack), {})
    assert "其他诊断 I48.000：CC，被主要诊断排除，不计入（排除表 95，主要诊断属表 95）" in excluded
    unclear = render_trace(group(GroupingInput("J18.901", (), ("81.5400",), 1, 60), pack), {})
    assert unclear[-1] == f"处理：{Reason.QY.remedy}"


def test_problems_are_rendered_too(pack: RulePack) -> None:
    lines = render_trace(group(GroupingInput("J18.901", (), (), None, 60), pack), {})
    assert lines == ["输入问题：sex：缺性别。处理：填写 1（男）或 2（女）"]


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words_and_a_remedy(reason: Reason) -> None:
    assert reason.chinese
    assert reason.remedy


def test_a_group_without_lists_is_not_covered_never_guessed(
    rules: Path, manifest: Manifest
) -> None:
    tables = read_tables(rules / "chs-drg" / "1.1")
    gap = Gap(id="lost", groups=("ES3",), title="缺诊断表", reason="lost", missing="the list")
    pack = assemble("holed", manifest, tables, (), ambiguous=False, gaps=(gap,))
    before = group(GroupingInput("J96.900x002", (), (), 1, 60), pack)
    at = group(GroupingInput("J15.902", (), (), 1, 60), pack)
    assert before.adrg == "ER3"
    assert at.status is Status.NOT_COVERED
    assert at.reason is Reason.NOT_COVERED
    assert at.trace[-2].outcome == "not_covered"
    assert "ES3：规则包未覆盖（缺诊断表），不作判断" in render_trace(at, {})


def test_a_gap_concerns_only_the_cases_that_it_names(rules: Path, manifest: Manifest) -> None:
    tables = read_tables(rules / "chs-drg" / "1.1")
    codes = SetChange(set="OPEN_ZD", type="ZD", add=("J15.902",))
    gap = Gap(
        id="open",
        groups=("ES3",),
        when="QTZD in OPEN_ZD and ZYZD not in OPEN_ZD",
        sets=(codes,),
        title="位置不明",
        reason="sources differ",
        missing="the position",
    )
    pack = assemble("open", manifest, tables, (), ambiguous=False, gaps=(gap,))
    covered = group(GroupingInput("J15.902", (), (), 1, 60), pack)
    open_ = group(GroupingInput("J18.901", ("J15.902",), (), 1, 60), pack)
    assert covered.adrg == "ES3"
    assert (open_.status, open_.adrg) == (Status.NOT_COVERED, "ES3")


def test_broken_rules_name_table_row_and_column(rules: Path, manifest: Manifest) -> None:
    tables = read_tables(rules / "chs-drg" / "1.1")
    adrg = [dict(row) for row in tables["adrg"]]
    adrg[0]["rule"] = "ZYSS in"
    adrg[1]["rule"] = "ZYSS in NOWHERE"
    with pytest.raises(InputError) as caught:
        assemble("broken", manifest, {**tables, "adrg": adrg}, (), ambiguous=False)
    told = [(p.field, p.code) for p in caught.value.problems]
    assert told == [
        ("adrg.csv 第 2 行 rule 列（AA1）", "rule_syntax"),
        ("adrg.csv 第 3 行 rule 列（AB1）", "set_unknown"),
    ]


def test_unknown_scheme_lists_those_there_are(rules: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_scheme(rules, "chs-drg-9.9")
    assert "chs-drg-1.1@published" in caught.value.problems[0].remedy

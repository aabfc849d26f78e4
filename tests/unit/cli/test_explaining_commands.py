"""``what-if`` and ``rules show | coverage | reach`` on the command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from zhibian.cli import rules_reach, rules_show, what_if
from zhibian.cli.main import app
from zhibian.cli.what_if import later_editions
from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.pack import RulePack, load_scheme
from zhibian.grouping.witness import Reach, witnesses
from zhibian.terminology.code_set import load_code_set

PNEUMONIA = [
    *("--principal", "J15.902", "--other", "I50.908", "--other", "E11.600x051"),
    *("--sex", "1", "--age", "78"),
]


@pytest.fixture(scope="module", autouse=True)
def loaded_once() -> Iterator[None]:
    """Keep packs, code sets and witnesses between the commands of this module."""
    found: dict[str, list[Reach]] = {}

    def kept(pack: RulePack, codebook: CodeBook) -> list[Reach]:
        if pack.scheme not in found:
            found[pack.scheme] = list(witnesses(pack, codebook))
        return found[pack.scheme]

    with pytest.MonkeyPatch.context() as patch:
        schemes, code_sets = cache(load_scheme), cache(load_code_set)
        for module in (rules_show, rules_reach, what_if):
            patch.setattr(module, "load_scheme", schemes)
            patch.setattr(module, "load_code_set", code_sets)
        patch.setattr(rules_reach, "witnesses", kept)
        yield


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})


def table(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_what_if_in_words() -> None:
    result = run("what-if", *PNEUMONIA, "--to", "none")
    assert result.exit_code == 0
    said = result.stdout
    assert "填报分组：ES31" in said
    assert "权重按 linyi-2022" in said
    assert said.index("换作主要诊断") < said.index("去掉其他诊断")
    assert "计入，决定等级，决定病组" in said
    assert "不作推荐" in said
    assert "增收" not in said


def test_what_if_as_json_names_weights_where_the_tariff_knows() -> None:
    options = ["--add-diagnosis", "J96.000", "--to", "chs-drg-1.1@published", "--format", "json"]
    told = json.loads(run("what-if", *PNEUMONIA, *options).stdout)
    assert told["format"] == "zhibian-what-if/1"
    assert (told["before"]["drg"], told["before"]["weight"]) == ("ES31", 0.65)
    kinds = [a["kind"] for a in told["alternatives"]]
    assert kinds == ["principal"] * 2 + ["add_diagnosis"] + ["remove_diagnosis"] * 2 + ["scheme"]
    removed = told["alternatives"][3]
    assert (removed["code"], removed["after"]["drg"]) == ("I50.908", "ES33")
    assert removed["level_changed"]
    assert not removed["adrg_changed"]
    assert removed["name"] == "慢性心力衰竭"
    assert told["alternatives"][-1]["after"]["scheme"] == "chs-drg-1.1@published"


def test_what_if_without_tariff_has_no_weights() -> None:
    told = json.loads(
        run("what-if", *PNEUMONIA, "--to", "none", "--tariff", "none", "--format", "json").stdout
    )
    assert told["tariff"] is None
    assert {a["after"]["weight"] for a in told["alternatives"]} == {None}


def test_what_if_of_a_case_file(examples: Path) -> None:
    path = examples / "heart-failure-pneumonia.json"
    told = json.loads(run("what-if", str(path), "--format", "json", "--to", "none").stdout)
    assert told["case"]["principal"] == "J15.902"
    assert told["case"]["procedures"] == ["33.2403"]
    both = run("what-if", str(path), "--age", "3")
    assert both.exit_code == 2
    assert "只能用一种" in both.output


def test_what_if_of_a_case_without_front_page(examples: Path, tmp_path: Path) -> None:
    case: dict[str, Any] = json.loads(
        (examples / "heart-failure-pneumonia.json").read_text("utf-8")
    )
    case["coded_front_page"] = None
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case, ensure_ascii=False), "utf-8")
    result = run("what-if", str(path))
    assert result.exit_code == 2
    assert "没有已填报的首页" in result.output


def test_what_if_tells_all_that_is_wrong_at_once() -> None:
    result = run("what-if", "--principal", "J15.90", "--add-diagnosis", "E11.90")
    assert result.exit_code == 2
    for words in ("缺性别", "缺年龄", "诊断编码不在医保版", "相近编码：E11.900 2型糖尿病"):
        assert words in result.output


def test_what_if_in_another_code_set() -> None:
    stay = ["--sex", "1", "--age", "40", "--to", "none", "--format", "json"]
    options = [*stay, "--code-set", "clinical-2.0"]
    told = json.loads(run("what-if", "--principal", "C92.001", *options).stdout)
    assert told["case"]["principal"] == "C92.000x014"
    assert [c["kind"] for c in told["conversions"]] == ["homonym"]
    assert told["conversions"][0]["nhsa_name"] == "急性髓细胞白血病，微分化型"
    refused = run("what-if", "--principal", "Q00.999x777", *options)
    assert refused.exit_code == 2
    assert "没有对应的医保版编码" in refused.output


def test_later_editions_are_those_of_the_same_series() -> None:
    known = ["chs-drg-2.0", "chs-drg-10.0", "chs-drg-1.1", "chs-drg-2.0@published", "xian-2023"]
    assert later_editions("chs-drg-1.1@published", known) == ["chs-drg-2.0", "chs-drg-10.0"]
    assert later_editions("chs-drg-10.0", known) == []
    assert later_editions("wuhan-a", known) == []


def test_show_a_pack() -> None:
    result = run("rules", "show", "chs-drg-2.0")
    assert result.exit_code == 0
    assert "adrg 409" in result.stdout
    assert "未覆盖：4" in result.stdout
    told = json.loads(run("rules", "show", "chs-drg-1.1", "--format", "json").stdout)
    assert told["manifest"]["counts"]["drg"] == 628
    assert told["patches"] == [
        "medical-groups",
        "principals-into-their-mdc",
        "pv1-infants",
        "vaginal-delivery",
    ]
    assert len(table(run("rules", "show", "chs-drg-1.1", "--format", "csv"))) == 628


def test_show_a_group() -> None:
    said = run("rules", "show", "chs-drg-1.1", "es3").stdout
    assert "规则：ZYZD in ES3_ZD" in said
    assert "释义：主要诊断 属于 ES3_ZD" in said
    assert "集合 ES3_ZD（主要诊断）：128 个编码" in said
    assert "另有 108 个" in said
    assert "另有" not in run("rules", "show", "chs-drg-1.1", "ES3", "--all").stdout
    told = json.loads(run("rules", "show", "chs-drg-1.1", "ES3", "--format", "json").stdout)
    assert told["rule_chinese"] == "主要诊断 属于 ES3_ZD"
    assert len(told["sets"][0]["codes"]) == 128
    rows = table(run("rules", "show", "chs-drg-1.1", "ES3", "--format", "csv"))
    assert {r["set"] for r in rows} == {"ES3_ZD"}


def test_show_a_code() -> None:
    said = run("rules", "show", "chs-drg-1.1", "i50.908").stdout
    assert "编码 I50.908 慢性心力衰竭" in said
    assert "MCC，排除表 95" in said
    assert "FR2" in said
    told = json.loads(run("rules", "show", "chs-drg-1.1", "I50.908", "--format", "json").stdout)
    assert told["schemes"][0]["level"] == "MCC"
    assert told["as_principal"][0]["mdc"] == "MDCF"
    rows = table(run("rules", "show", "chs-drg-1.1", "96.7201", "--format", "csv"))
    assert [r["group"] for r in rows] == ["AH1"]
    assert "不在医保版编码集" in run("rules", "show", "chs-drg-1.1", "K43.900").stdout


@pytest.mark.parametrize(
    ("subject", "near"), [("E11.90", "E11.900 2型糖尿病"), ("ES9", "ES1 呼吸系统结核")]
)
def test_show_nothing_known_names_what_is_near(subject: str, near: str) -> None:
    result = run("rules", "show", "chs-drg-1.1", subject)
    assert result.exit_code == 2
    assert near in result.output


def test_coverage() -> None:
    said = run("rules", "coverage", "chs-drg-1.1@published").stdout
    assert "已入大类，但没有不需手术操作的核心组的主要诊断：154" in said
    rows = table(run("rules", "coverage", "chs-drg-1.1@published", "--format", "csv"))
    assert sum(r["what"] == "principals_without_medical_group" for r in rows) == 154
    told = json.loads(run("rules", "coverage", "chs-drg-1.1@published", "--format", "json").stdout)
    assert {u["code"] for u in told["unknown"]} >= {"K43.900"}
    assert sum(told["chapters"]["principals_without_medical_group"].values()) == 154


def test_reach() -> None:
    said = run("rules", "reach", "chs-drg-1.0@published").stdout
    assert "可达 590，不可达 28" in said
    assert "不可达 PK19 新生儿伴呼吸机支持（排在前面的组必然先命中：PB19）" in said
    rows = table(run("rules", "reach", "chs-drg-1.0@published", "--format", "csv"))
    assert len(rows) == 618
    assert {r["verdict"] for r in rows if r["principal"]} == {"reachable"}


def test_reach_as_json() -> None:
    told = json.loads(run("rules", "reach", "chs-drg-1.0@published", "--format", "json").stdout)
    groups = {g["group"]: g for g in told["groups"]}
    assert (groups["AA19"]["verdict"], groups["AA19"]["why"]) == ("reachable", None)
    assert groups["AA19"]["grouping"]["drg"] == "AA19"
    assert groups["AA19"]["case"]["procedures"]
    assert (groups["PK19"]["why"], groups["PK19"]["by"]) == ("taken", ["PB19"])


def test_unknown_scheme_is_refused() -> None:
    for command in ("show", "coverage", "reach"):
        result = run("rules", command, "chs-drg-9")
        assert result.exit_code == 2
        assert "没有这个分组方案" in result.output

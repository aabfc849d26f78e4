"""``zhibian tariffs show``, ``defects`` and ``build``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from zhibian.cli.tariffs import app


def _run(rules: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--rules", str(rules)])


def test_show_tells_source_scheme_variants_and_defects(rules: Path) -> None:
    shown = _run(rules, "show", "suzhou-2022")
    assert shown.exit_code == 0
    for part in (
        "江苏省苏州市医疗保障局",
        "文号未核实",
        "分组方案 suzhou-2023：共有 648 组",
        "三级（默认）：9435.25 元/权重，系数因组而异",
        "91  较重一档反而较轻（level_inversion）",
        "请核对原文",
    ):
        assert part in shown.output


def test_show_tells_a_coefficient_of_all_groups(rules: Path) -> None:
    shown = _run(rules, "show", "changzhou-2022")
    assert "二级居民：9849 元/权重，系数 0.91" in shown.output


@pytest.mark.parametrize(
    ("tariff", "group", "parts"),
    [
        ("jilin-2022", "ES31", ["低倍临界值 3358.717533 元", "9596.34 元（权重 1.0568"]),
        ("wuhan-2022", "OB19", ["备注：并发症治疗费用按本组权重的50%支付", "5390.00 元"]),
        ("yantai-2023", "ES35", ["同等费率病组", "总控人次 14550", "不算金额（权重 0.3754"]),
        ("guangxi-2022", "AA19", ["例均费用 7990.242 元", "该组未公布权重"]),
        ("yinchuan-2023", "ES31", ["点数 3105.21，系数 0.67219"]),
        ("linyi-2022", "EQY", ["支付标准中没有该组"]),
    ],
)
def test_show_group_tells_what_is_published(
    rules: Path, tariff: str, group: str, parts: list[str]
) -> None:
    shown = _run(rules, "show", tariff, "--group", group)
    assert shown.exit_code == 0
    for part in parts:
        assert part in shown.output


def test_unknown_tariff_lists_those_there_are(rules: Path) -> None:
    for command in ("show", "defects"):
        refused = _run(rules, command, "linyi-1999")
        assert refused.exit_code == 2
        assert "yunnan-2022" in refused.output


def test_defects_are_listed_with_their_meaning(rules: Path) -> None:
    listed = _run(rules, "defects", "wuxi-2022")
    assert listed.exit_code == 0
    assert "细分不同（split_differs）：" in listed.output
    assert "LF1  本表 LF11、LF15，方案 LF19" in listed.output


def test_defects_of_one_kind(rules: Path) -> None:
    listed = _run(rules, "defects", "wuxi-2022", "--kind", "code_renamed")
    assert listed.output.splitlines()[1:] == ["  0000  原编码 0"]
    refused = _run(rules, "defects", "wuxi-2022", "--kind", "none")
    assert refused.exit_code == 2
    assert "level_inversion" in refused.output


def test_build_all_tells_every_problem_and_goes_on(rules: Path, tmp_path: Path) -> None:
    copy = tmp_path / "rules"
    for id in ("linyi-2022", "yunnan-2022"):
        shutil.copytree(rules / "tariffs" / id, copy / "tariffs" / id)
    shutil.copy(rules / "tariffs/defects.yaml", copy / "tariffs")
    (copy / "chs-drg").symlink_to(rules / "chs-drg")
    refused = _run(copy, "build", "--all", "--facts", str(tmp_path))
    assert refused.exit_code == 2
    assert "linyi_2022.csv" in refused.output
    assert "yunnan_2022.csv" in refused.output


def test_build_of_one_tells_its_defects(rules: Path, shared: Path, tmp_path: Path) -> None:
    copy = tmp_path / "rules"
    shutil.copytree(rules / "tariffs/wuxi-2022", copy / "tariffs/wuxi-2022")
    shutil.copy(rules / "tariffs/defects.yaml", copy / "tariffs")
    (copy / "chs-drg").symlink_to(rules / "chs-drg")
    built = _run(copy, "build", "wuxi-2022", "--facts", str(shared / "facts"))
    assert built.exit_code == 0
    assert "wuxi-2022：602 行" in built.output
    assert "split_differs 2" in built.output

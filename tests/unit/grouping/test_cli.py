"""``zhibian group`` and ``zhibian rules`` on the command line."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from zhibian.cli.group import group
from zhibian.cli.rules import app as rules_app

HEADER = "id,sex,age,age_days,weight,principal,others,procedures"


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    made = typer.Typer()
    made.command("group")(group)
    made.add_typer(rules_app, name="rules")
    return made


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text(f"{HEADER}\n1,1,60,,,J18.901,,81.5400\n2,,60,,,J18.901,,\n", "utf-8")
    return path


def test_group_prints_counts_and_problems_and_goes_on(app: typer.Typer, table: Path) -> None:
    output = table.with_name("out.csv")
    result = CliRunner().invoke(app, ["group", str(table), "--output", str(output)])
    assert result.exit_code == 0
    assert "第 3 行，sex 列：缺性别" in result.output
    assert "方案 chs-drg-1.1：共 2 例" in result.output
    with output.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [r["status"] for r in rows] == ["歧义组", "输入错误"]


def test_group_against_another_scheme_prints_the_reasons(app: typer.Typer, table: Path) -> None:
    output = table.with_name("out.csv")
    against = ["--against", "chs-drg-1.1@published"]
    result = CliRunner().invoke(app, ["group", str(table), "--output", str(output), *against])
    assert result.exit_code == 0
    assert "与方案 chs-drg-1.1@published 不同：1 例" in result.output
    assert "歧义组（QY）" in result.output


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        (
            ["--scheme", "chs-drg-9"],
            "可用的方案：chs-drg-1.0、chs-drg-1.0@published、chs-drg-1.1、chs-drg-1.1@published",
        ),
        (["--input-format", "opendrg"], "缺少列 zdList"),
    ],
)
def test_group_refuses_with_exit_code_2(
    extra: list[str], told: str, app: typer.Typer, table: Path
) -> None:
    output = table.with_name("out.csv")
    result = CliRunner().invoke(app, ["group", str(table), "--output", str(output), *extra])
    assert result.exit_code == 2
    assert told in result.output
    assert not output.exists()


def test_group_never_overwrites_its_input(app: typer.Typer, table: Path) -> None:
    before = table.read_bytes()
    result = CliRunner().invoke(app, ["group", str(table), "--output", str(table)])
    assert result.exit_code == 2
    assert table.read_bytes() == before


def test_group_of_a_missing_file(app: typer.Typer, tmp_path: Path) -> None:
    arguments = ["group", str(tmp_path / "none.csv"), "--output", str(tmp_path / "out.csv")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "没有这个文件或文件夹" in result.output


def test_rules_list_and_check(app: typer.Typer) -> None:
    listed = CliRunner().invoke(app, ["rules", "list"])
    assert listed.exit_code == 0
    for scheme in ("chs-drg-1.0", "chs-drg-1.1@published", "chs-drg-2.0@first-transcription"):
        assert scheme in listed.output
    overlay = next(r for r in listed.output.splitlines() if r.startswith("yantai-2023  "))
    assert "基于 chs-drg-1.1，差异 98 行；376 ADRG，628 DRG" in overlay
    for pack in ("chs-drg-1.1", "yantai-2023"):
        checked = CliRunner().invoke(app, ["rules", "check", pack])
        assert checked.exit_code == 0
        assert "规则包可用" in checked.output


def test_rules_diff_of_a_regional_scheme(app: typer.Typer) -> None:
    told = CliRunner().invoke(app, ["rules", "diff", "beijing-2022", "chs-drg-1.1"])
    assert told.exit_code == 0
    assert "新增 BC2" in told.output
    assert "删除 RC2" in told.output


def test_rules_build_of_an_unknown_region(app: typer.Typer, tmp_path: Path) -> None:
    arguments = ["rules", "build", "--facts", str(tmp_path), "--regional", "nowhere_2022"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "yantai_2023" in result.output


def test_rules_build_of_a_region_without_facts(app: typer.Typer, tmp_path: Path) -> None:
    arguments = ["rules", "build", "--facts", str(tmp_path), "--regional", "yantai_2023"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "dx_names.csv" in result.output


def test_rules_check_of_a_damaged_pack(app: typer.Typer, rules: Path, tmp_path: Path) -> None:
    shutil.copytree(rules / "chs-drg" / "1.1", tmp_path / "chs-drg" / "1.1")
    table = tmp_path / "chs-drg" / "1.1" / "drg.csv"
    table.write_text(table.read_text("utf-8").replace("QTZD in MCC", "QTZD in in", 1), "utf-8")
    result = CliRunner().invoke(app, ["rules", "check", "--rules", str(tmp_path)])
    assert result.exit_code == 2
    assert "sha256" in result.output
    assert "drg.csv 第" in result.output


def test_rules_build_without_facts(app: typer.Typer, tmp_path: Path) -> None:
    arguments = ["rules", "build", "--facts", str(tmp_path), "--out", str(tmp_path / "pack")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "mdc.json" in result.output


def test_rules_build_of_an_unknown_edition(app: typer.Typer, tmp_path: Path) -> None:
    arguments = ["rules", "build", "--facts", str(tmp_path), "--edition", "9.9"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "1.0、1.1、2.0、all" in result.output


def test_rules_build_of_one_edition(
    app: typer.Typer, shared: Path, rules: Path, tmp_path: Path
) -> None:
    arguments = ["rules", "build", "--facts", str(shared / "facts"), "--edition", "2.0"]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path)])
    assert result.exit_code == 0
    assert "adrg 409" in result.output
    made, committed = (d / "adrg.csv" for d in (tmp_path / "2.0", rules / "chs-drg" / "2.0"))
    assert made.read_bytes() == committed.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["2.0"]

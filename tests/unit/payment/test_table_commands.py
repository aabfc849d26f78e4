from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from zhibian.cli import tariffs, terminology


@pytest.mark.parametrize("app", [terminology.app, tariffs.app])
def test_shipped_tables_pass(app: typer.Typer, rules: Path) -> None:
    result = CliRunner().invoke(app, ["check", "--rules", str(rules)])
    assert result.exit_code == 0
    assert "一致" in result.output


@pytest.mark.parametrize("app", [terminology.app, tariffs.app])
def test_build_without_sources_tells_the_remedy(
    app: typer.Typer, rules: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(rules, tmp_path / "rules")
    result = CliRunner().invoke(app, ["build", "--facts", str(tmp_path), "--rules", str(copy)])
    assert result.exit_code == 2
    assert "--facts" in result.output


def test_damaged_tables_end_with_code_2(rules: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(rules, tmp_path / "rules")
    (copy / "terminology" / "icd10-nhsa-2.0.csv").write_text("code\n", "utf-8")
    (copy / "tariffs" / "linyi-2022" / "weights.csv").unlink()
    for app, command in ((terminology.app, "terminology"), (tariffs.app, "tariffs")):
        result = CliRunner().invoke(app, ["check", "--rules", str(copy)])
        assert result.exit_code == 2
        assert f"zhibian {command} build" in result.output


def test_tariffs_are_listed_with_their_rates(rules: Path) -> None:
    result = CliRunner().invoke(tariffs.app, ["list", "--rules", str(rules)])
    assert result.exit_code == 0
    assert "linyi-2022" in result.output
    assert "三级职工 9865" in result.output

"""The ``pages`` commands: what they print, what they write, how they end."""

from __future__ import annotations

import csv
from pathlib import Path

from typer.testing import CliRunner

from zhibian.cli.main import app

RUN = CliRunner()
OWN = """id,sex,age,principal,others,cost,备注
a,1,58,I21.900,I10.x00|E11.900,12元,x
b,2,3,J18.900,,5,
"""
SECRET = "12元"


def source(folder: Path, content: str = OWN) -> Path:
    path = folder / "pages.csv"
    path.write_text(content, encoding="gb18030")
    return path


def test_fields_are_a_table() -> None:
    result = RUN.invoke(app, ["pages", "fields"])
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert result.exit_code == 0
    assert len(rows) == 221
    assert {row["结算清单"] for row in rows if row["字段"] == "A12C"} == {"setlinfo.gend"}


def test_check_tells_what_a_file_lacks(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    result = RUN.invoke(app, ["pages", "check", str(source(tmp_path)), "--bad", str(bad)])
    assert result.exit_code == 1
    for words in (
        "自有列，GB18030，2 行",
        "cost：不是数字，1 个",
        "没有采用的列 1 个：备注",
        "A13",
    ):
        assert words in result.stdout
    assert SECRET not in result.stdout
    assert SECRET in bad.read_text(encoding="utf-8-sig")


def test_a_sound_file_ends_well(tmp_path: Path) -> None:
    path = source(tmp_path, "id,sex,age,principal\na,1,58,I21.900\n")
    result = RUN.invoke(app, ["pages", "check", str(path)])
    assert result.exit_code == 0
    assert "没有不能采用的单元格" in result.stdout


def test_convert_goes_on_and_tells_what_is_lost(tmp_path: Path) -> None:
    target = tmp_path / "list.jsonl"
    result = RUN.invoke(app, ["pages", "convert", str(source(tmp_path)), str(target)])
    assert result.exit_code == 0
    assert "已写出 2 行：自有列 → 医保结算清单 4101" in result.stdout
    assert "D01 住院总费用：1 行" in result.stdout
    assert len(target.read_text(encoding="utf-8").splitlines()) == 2


def test_refusals_name_the_remedy(tmp_path: Path) -> None:
    path = source(tmp_path)
    for arguments in (
        ["check", str(tmp_path / "none.csv")],
        ["convert", str(path), str(path)],
        ["convert", str(path), str(tmp_path / "x.csv"), "--to", "opendrg"],
        ["build", "--columns", str(path)],
    ):
        result = RUN.invoke(app, ["pages", *arguments])
        assert result.exit_code == 2, arguments
        assert "处理：" in result.stderr

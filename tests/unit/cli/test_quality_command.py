"""``zhibian quality rules`` and ``explain`` as a coder sees them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from zhibian.cli.main import app
from zhibian.quality.front_page.explain import explain_check, explain_rule
from zhibian.quality.front_page.rule_files import load_rule_book


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["quality", *arguments])


def test_rules_are_listed_with_their_number_of_checks() -> None:
    done = run("rules")
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert any(line.startswith("  D05  强制错误") for line in lines)
    total = lines[-1]
    assert total.startswith("共 ")
    assert "展开为" in total


def test_rules_of_one_gate_as_csv() -> None:
    done = run("rules", "--gate", "settlement", "--csv")
    header, *rows = done.output.splitlines()
    assert header == "id,chapter,severity,gates,checks,title"
    assert rows
    assert all("settlement" in row for row in rows)


def test_rule_files_are_validated(rules: Path, tmp_path: Path) -> None:
    assert run("rules", "--check").exit_code == 0
    for folder in ("quality", "front-page", "terminology"):
        shutil.copytree(rules / folder, tmp_path / folder)
    bad = tmp_path / "quality" / "rules" / "D05.yaml"
    bad.write_text(bad.read_text(encoding="utf-8").replace("B20", "B99"), encoding="utf-8")
    done = run("rules", "--check", "--rules", str(tmp_path))
    assert done.exit_code == 2
    assert "D05.yaml must.field：没有字段或派生量 B99" in done.stderr
    assert "处理：" in done.stderr


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("D05", ["级别：强制错误", "要求：实际住院（天）（B20） ＝", "处理：", "出处："]),
        ("X01", ["检测：", "X01/"]),
        ("C10", ["适用：离院方式（B34C） 为 2、3"]),
    ],
)
def test_a_rule_is_explained(rule: str, shown: list[str]) -> None:
    done = run("explain", rule)
    assert done.exit_code == 0
    for text in shown:
        assert text in done.output


def test_a_check_is_explained() -> None:
    listed = run("explain", "X01").output
    check = next(word for word in listed.split() if word.startswith("X01/"))
    done = run("explain", check)
    assert done.exit_code == 0
    assert done.output.startswith(check)


def test_an_unknown_rule_is_refused_with_a_remedy() -> None:
    done = run("explain", "X77")
    assert done.exit_code == 2
    assert "没有这条规则或检测" in done.stderr


def test_every_rule_and_check_can_be_explained(rules: Path) -> None:
    book = load_rule_book(rules)
    for rule in book.rules.values():
        assert explain_rule(rule, book).startswith(rule.id)
    for check in book.checks:
        assert explain_check(check, book).startswith(check.id)

"""``docs/quality.md`` lists the rules as they are."""

from __future__ import annotations

from pathlib import Path

from zhibian.cli.quality_rules import markdown_table
from zhibian.quality.front_page.rule_files import load_rule_book

PAGE = Path(__file__).resolve().parents[3] / "docs" / "quality.md"


def test_the_page_lists_the_rules_as_they_are(rules: Path) -> None:
    book = load_rule_book(rules)
    assert markdown_table(list(book.rules.values())) in PAGE.read_text(encoding="utf-8")
    assert len(book.rules) == 117
    assert len(book.checks) > 1_000

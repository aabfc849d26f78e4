"""Golden cases of the front-page rules: each is a whole page with a few fields of its own.

A file is named by its rule. Its cases list the checks of that rule that find something; other
rules may find what they like, but for the base page itself, which no rule may find fault with.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from tests.front_pages import page_table

from zhibian.quality.front_page.judge import Judge, Judgement
from zhibian.quality.front_page.rule_files import load_rule_book

CASES = Path(__file__).resolve().parent / "quality"
RULES = Path(__file__).resolve().parents[2] / "rules"
BASE = "base.yaml"
TODAY = date(2025, 6, 30)

Page = dict[str, Any]


@cache
def judge() -> Judge:
    return Judge(load_rule_book(RULES))


@cache
def base() -> Page:
    found: Page = yaml.safe_load((CASES / BASE).read_text(encoding="utf-8"))
    return found


def judged(case: dict[str, Any]) -> Judgement:
    """Judge a case; ``pages`` lays several pages over the base, ``grouped`` tells their groups."""
    overlays = case.get("pages", [case.get("page", {})])
    pages = [{**base(), **overlay} for overlay in overlays]
    given = {key: _frame(case.get(key)) for key in ("grouped", "priced")}
    return judge().judge(page_table(pages, RULES), today=TODAY, **given)


def _frame(rows: Any) -> pl.DataFrame | None:
    if rows is None:
        return None
    return pl.DataFrame([rows] if isinstance(rows, dict) else rows)


FILES = sorted(path for path in CASES.glob("*.yaml") if path.name != BASE)
GOLDEN = [
    pytest.param(path.stem, case, id=f"{path.stem} {case['name']}")
    for path in FILES
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("rule", "case"), GOLDEN)
def test_case(rule: str, case: dict[str, Any]) -> None:
    assert case["reference"]
    found = judged(case).findings.filter(pl.col("rule") == rule)
    checks = sorted(set(found["check"].to_list()))
    assert checks == sorted(case["expect"])
    for wanted in case.get("places", []):
        rows = found.filter(pl.col("check") == wanted["check"])
        assert (wanted["field"], wanted.get("place")) in set(rows.select("field", "place").rows())


def test_no_rule_finds_fault_with_the_base_page() -> None:
    found = judged({"page": {}}).findings
    assert found.is_empty(), found.select("check", "field", "place").rows()


def test_cases_pass_and_fail() -> None:
    book = load_rule_book(RULES)
    assert {path.stem for path in FILES} <= set(book.rules)
    for path in FILES:
        cases = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert any(case["expect"] for case in cases), f"{path.stem}: no failing case"
        assert any(not case["expect"] for case in cases), f"{path.stem}: no passing case"

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

from zhibian.quality.front_page.fields import LIST_FIELDS
from zhibian.quality.front_page.judge import Judge, Judgement
from zhibian.quality.front_page.rule_files import load_rule_book
from zhibian.records.front_page.types import ID, ROW, PageTable

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


def table(pages: list[Page]) -> PageTable:
    """Return pages as a table with a column for every field that one of them names."""
    fields = list(dict.fromkeys(f for page in pages for f in page))
    kinds = {f: pl.List(pl.String) if f in LIST_FIELDS else pl.String() for f in fields}
    columns: dict[str, pl.Series] = {
        ROW: pl.Series(range(2, len(pages) + 2), dtype=pl.Int64),
        ID: pl.Series([str(n) for n in range(len(pages))], dtype=pl.String),
        **{f: pl.Series([page.get(f) for page in pages], dtype=kinds[f]) for f in fields},
    }
    return PageTable(pl.DataFrame(columns), frozenset())


def judged(case: dict[str, Any]) -> Judgement:
    """Judge a case; ``pages`` lays several pages over the base, ``grouped`` tells their groups."""
    overlays = case.get("pages", [case.get("page", {})])
    pages = [_padded({**base(), **overlay}) for overlay in overlays]
    given = {key: _frame(case.get(key)) for key in ("grouped", "priced")}
    return judge().judge(table(pages), today=TODAY, **given)


def _padded(page: Page) -> Page:
    """Return a page whose lists of one group are of equal length, as readers give them."""
    longest = {
        group: max(len(page.get(f) or []) for f, g in LIST_FIELDS.items() if g == group)
        for group in LIST_FIELDS.values()
    }
    lists = {
        f: [*(page[f] or []), *[None] * (longest[g] - len(page[f] or []))]
        for f, g in LIST_FIELDS.items()
        if f in page
    }
    return {**page, **lists}


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


def test_every_rule_over_pages_has_passing_and_failing_cases() -> None:
    book = load_rule_book(RULES)
    cases = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
    assert set(cases) <= set(book.rules)
    for id, rule in book.rules.items():
        if not rule.needs_documents:
            assert any(case["expect"] for case in cases.get(id, [])), f"{id}: no failing case"
            assert any(not case["expect"] for case in cases[id]), f"{id}: no passing case"

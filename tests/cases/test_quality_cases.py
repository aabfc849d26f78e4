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

from zhibian.quality.front_page.book import Check
from zhibian.quality.front_page.conditions import Named, walk
from zhibian.quality.front_page.judge import Judge
from zhibian.quality.front_page.rule_files import load_rule_book
from zhibian.records.front_page.types import ROW

CASES = Path(__file__).resolve().parent / "quality"
RULES = Path(__file__).resolve().parents[2] / "rules"
BASE = "base.yaml"
TODAY = date(2025, 6, 30)

Page = dict[str, Any]
Case = dict[str, Any]


@cache
def judge() -> Judge:
    return Judge(load_rule_book(RULES))


@cache
def whole_table_rules() -> frozenset[str]:
    """Return the rules whose answer depends on other pages of a table."""
    book = load_rule_book(RULES)
    whole = {name for name, found in book.computations.items() if found.whole_table}
    return frozenset(c.rule for c in book.checks if whole & computations_of(c))


def computations_of(check: Check) -> set[str]:
    parts = [p for d in check.demands for p in (check.when, d.when, d.must)]
    return {c.name for part in parts for c in walk(part) if isinstance(c, Named)}


@cache
def base() -> Page:
    found: Page = yaml.safe_load((CASES / BASE).read_text(encoding="utf-8"))
    return found


def findings_of(rule: str, number: int, case: Case) -> pl.DataFrame:
    """Return what a rule finds in a case.

    ``pages`` of a case are judged as one table, and so is a case with results of grouping or
    pricing. All other cases whose pages have the same columns are judged together.
    """
    alone = {"pages", "grouped", "priced"} & case.keys() or rule in whole_table_rules()
    found = judged(case) if alone else together()[rule, number]
    return found.filter(pl.col("rule") == rule)


def judged(case: Case) -> pl.DataFrame:
    overlays = case.get("pages", [case.get("page", {})])
    pages = [{**base(), **overlay} for overlay in overlays]
    given = {key: _frame(case.get(key)) for key in ("grouped", "priced")}
    return judge().judge(page_table(pages, RULES), today=TODAY, **given).findings


@cache
def together() -> dict[tuple[str, int], pl.DataFrame]:
    """Return the findings of single pages, judged in tables of like pages."""
    alike: dict[frozenset[str], list[tuple[tuple[str, int], Page]]] = {}
    for rule, number, case in NUMBERED:
        page = {**base(), **case.get("page", {})}
        alike.setdefault(frozenset(page), []).append(((rule, number), page))
    found = {}
    for members in alike.values():
        table = page_table([page for _, page in members], RULES)
        told = judge().judge(table, today=TODAY).findings
        for (key, _), row in zip(members, table.cells[ROW], strict=True):
            found[key] = told.filter(pl.col(ROW) == row)
    return found


def _frame(rows: Any) -> pl.DataFrame | None:
    if rows is None:
        return None
    return pl.DataFrame([rows] if isinstance(rows, dict) else rows)


FILES = sorted(path for path in CASES.glob("*.yaml") if path.name != BASE)
NUMBERED: list[tuple[str, int, Case]] = [
    (path.stem, number, case)
    for path in FILES
    for number, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize(
    ("rule", "number", "case"), NUMBERED, ids=[f"{rule} {c['name']}" for rule, _, c in NUMBERED]
)
def test_case(rule: str, number: int, case: Case) -> None:
    assert case["reference"]
    found = findings_of(rule, number, case)
    checks = sorted(set(found["check"].to_list()))
    assert checks == sorted(case["expect"])
    for wanted in case.get("places", []):
        rows = found.filter(pl.col("check") == wanted["check"])
        assert (wanted["field"], wanted.get("place")) in set(rows.select("field", "place").rows())


def test_no_rule_finds_fault_with_the_base_page() -> None:
    found = judged({"page": {}})
    assert found.is_empty(), found.select("check", "field", "place").rows()


def test_every_rule_over_pages_has_passing_and_failing_cases() -> None:
    book = load_rule_book(RULES)
    cases = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
    judged = {id for id, rule in book.rules.items() if not rule.needs_documents}
    assert set(cases) == judged
    for id in judged:
        assert any(case["expect"] for case in cases[id]), f"{id}: no failing case"
        assert any(not case["expect"] for case in cases[id]), f"{id}: no passing case"

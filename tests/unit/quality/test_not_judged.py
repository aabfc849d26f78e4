"""What a layout has no column for is told once and is no finding."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.front_pages import book_of, page_table

from zhibian.quality.front_page.judge import Judgement, judge

TODAY = date(2025, 6, 30)


def judged(
    rules: Path, folder: Path, rule: str, page: dict[str, object], grouped: pl.DataFrame | None
) -> Judgement:
    book = book_of(rules, folder, {"X99": f"{rule}\nfield: B20\nmessage: 试用"})
    return judge(page_table([page], rules), book, grouped=grouped, today=TODAY)


@pytest.mark.parametrize(
    ("rule", "page", "lacking"),
    [
        ("must: {field: B35, is: filled}", {"B20": "1"}, ("B35",)),
        ("when: {field: B34C, in: ['2']}\nmust: {field: B20, is: filled}", {}, ("B20", "B34C")),
        (
            "must: {any: [{field: B20, is: filled}, {field: B35, is: filled}]}",
            {"B20": "1"},
            ("B35",),
        ),
        ("must: {field: B20, equals: stay_days}", {"B20": "1", "B12": None}, ("B15",)),
        ("must: {sum: [D11, D12], at_most: 1}", {"B20": "1"}, ("D11", "D12")),
        ("must: {some: birth_weights}", {"B20": "1"}, ("A18",)),
        ("must: {group: drg, in: [ES31]}", {"B20": "1"}, ("group:drg",)),
        ("must: {tariff: ratio, at_most: 3}", {"B20": "1"}, ("tariff:ratio",)),
        ("must: {check: card_number_valid}", {"B20": "1"}, ("A20",)),
        ("must: {each: icu_stays, must: {field: inpool_time, is: filled}}", {}, None),
    ],
)
def test_a_rule_that_needs_an_absent_column_is_told(
    rules: Path, tmp_path: Path, rule: str, page: dict[str, object], lacking: tuple[str, ...] | None
) -> None:
    found = judged(rules, tmp_path, rule, page, None)
    assert found.findings.is_empty()
    assert set(found.not_judged) == {"X99"}
    if lacking is not None:
        assert found.not_judged["X99"] == lacking


@pytest.mark.parametrize(
    ("rule", "page"),
    [
        ("must: {all: [{field: B20, is: filled}, {field: B35, is: filled}]}", {"B20": None}),
        ("must: {sum: [D11, D12], at_most: 1}", {"D11": "3"}),
        ("must: {not: {diagnosis: any, in: O80}}", {"C06C": ["O80.000"]}),
    ],
)
def test_a_rule_that_can_be_violated_all_the_same_is_judged(
    rules: Path, tmp_path: Path, rule: str, page: dict[str, object]
) -> None:
    found = judged(rules, tmp_path, rule, page, None)
    assert found.findings["rule"].to_list() == ["X99"]
    assert found.not_judged == {}


def test_single_checks_that_are_not_judged_are_told(rules: Path, tmp_path: Path) -> None:
    rule = "for: {fields: [A01, A48]}\nmust: {field: '{field}', is: filled}"
    found = judged(rules, tmp_path, rule, {"A01": None}, None)
    assert found.findings["check"].to_list() == ["X99/A01"]
    assert found.not_judged == {}
    assert found.checks_not_judged == {"X99/A48": ("A48",)}


def test_a_column_that_the_reader_calls_absent_counts_as_such(rules: Path, tmp_path: Path) -> None:
    book = book_of(
        rules, tmp_path, {"X99": "must: {field: B20, is: filled}\nfield: B20\nmessage: 试用"}
    )
    table = replace(page_table([{"B20": None}], rules), absent=frozenset({"B20"}))
    found = judge(table, book, today=TODAY)
    assert found.findings.is_empty()
    assert found.not_judged == {"X99": ("B20",)}


def test_results_of_grouping_are_asked_where_given(rules: Path, tmp_path: Path) -> None:
    grouped = pl.DataFrame({"drg": ["FR21"]})
    found = judged(rules, tmp_path, "must: {group: drg, in: [ES31]}", {"B20": "1"}, grouped)
    assert found.findings["rule"].to_list() == ["X99"]


def test_lists_of_unequal_length_lose_nothing(rules: Path, tmp_path: Path) -> None:
    rule = "must: {pairs: [C06C, C07N]}\nmessage: 试用"
    book = book_of(rules, tmp_path, {"X99": rule})
    table = page_table([{"C06C": ["I10", "E11"], "C07N": ["高血压", None]}], rules)
    cells = table.cells.with_columns(C07N=pl.Series([["高血压"]]))
    found = judge(replace(table, cells=cells), book, today=TODAY).findings
    assert found.select("field", "place").rows() == [("C07N", 2)]


def test_an_empty_table_has_no_findings(rules: Path, tmp_path: Path) -> None:
    book = book_of(
        rules, tmp_path, {"X99": "must: {field: B20, is: filled}\nfield: B20\nmessage: 试用"}
    )
    table = page_table([{"B20": None, "C06C": []}], rules)
    found = judge(replace(table, cells=table.cells.clear()), book, today=TODAY)
    assert found.findings.is_empty()
    assert found.rows == 0

"""What a finding says: parameters, values of the page, codes and places."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from tests.front_pages import book_of, page_table

from zhibian.quality.front_page.judge import judge
from zhibian.quality.front_page.messages import with_messages

TODAY = date(2025, 6, 30)


def messages(rules: Path, tmp_path: Path, rule: str, page: Mapping[str, Any]) -> list[str]:
    book = book_of(rules, tmp_path, {"X99": rule})
    table = page_table([page], rules)
    found = judge(table, book, today=TODAY).findings
    return with_messages(found, table, book, TODAY)["message"].to_list()


def test_values_of_the_page_are_put_in(rules: Path, tmp_path: Path) -> None:
    rule = """
must: {field: B20, equals: stay_days}
field: B20
message: 填 {B20} 天，应为 {stay_days} 天
"""
    page = {"B12": "2025-03-03", "B15": "2025-03-10 08:00", "B20": "8"}
    assert messages(rules, tmp_path, rule, page) == ["填 8 天，应为 7 天"]


def test_code_and_place_of_an_entry(rules: Path, tmp_path: Path) -> None:
    rule = """
must: {each: diagnoses, must: {field: C08C, in: ["1"]}}
field: C08C
message: 诊断 {code}（{place}）的入院病情不符
"""
    page = {
        "C03C": "I10.x00x002", "C05C": "4", "C06C": ["E11.900", "J18.900"],
        "C08C": ["1", "4"],
    }  # fmt: skip
    assert messages(rules, tmp_path, rule, page) == [
        "诊断 I10.x00x002（主要）的入院病情不符",
        "诊断 J18.900（2）的入院病情不符",
    ]


def test_no_finding_has_no_message(rules: Path, tmp_path: Path) -> None:
    book = book_of(rules, tmp_path, {"X99": "must: {always: true}\nfield: B20\nmessage: 无\n"})
    table = page_table([{"B20": "1"}], rules)
    told = with_messages(judge(table, book, today=TODAY).findings, table, book, TODAY)
    assert told.height == 0
    assert {"message", "remedy"} <= set(told.columns)
    assert told["message"].dtype == pl.String


def test_a_grey_code_comes_with_finer_ones(rules: Path, tmp_path: Path) -> None:
    rule = """
must: {check: finer_principal}
field: C03C
message: 细目如：{finer}
"""
    told = messages(rules, tmp_path, rule, {"C03C": "K80.100"})
    assert told == ["细目如：K80.100x001 胆囊结石伴胆囊炎、K80.101 胆囊结石伴慢性胆囊炎"]

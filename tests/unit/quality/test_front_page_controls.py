"""What a hospital changes about rules: applied until its day, told afterwards, never in silence."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest
from tests.front_pages import book_of, page_table

from zhibian.problems import InputError
from zhibian.quality.front_page.book import RuleBook
from zhibian.quality.front_page.controls import load_controls
from zhibian.quality.front_page.judge import Judgement, judge

TODAY = date(2025, 6, 30)
RULES = {
    "X98": "must: {field: B20, is: filled}\nfield: B20\nmessage: 缺住院天数",
    "X99": "for: {fields: [A01, A48]}\nmust: {field: '{field}', is: filled}\n"
    "field: '{field}'\nmessage: 缺{name}",
}
PAGES = [
    {"B20": None, "A01": None, "A48": "1", "B16C": "03"},
    {"B20": None, "A01": None, "A48": None, "B16C": "04"},
]


@pytest.fixture
def book(rules: Path, tmp_path: Path) -> RuleBook:
    return book_of(rules, tmp_path, RULES)


def judged(book: RuleBook, rules: Path, tmp_path: Path, controls: str) -> Judgement:
    path = tmp_path / "controls.yaml"
    path.write_text(dedent(controls), encoding="utf-8")
    table = page_table(PAGES, rules)
    return judge(table, book, controls=load_controls(path, book), today=TODAY)


def told(found: Judgement) -> list[tuple[int, str, str]]:
    return found.findings.select("row", "check", "severity").rows()


ALL = [
    (2, "X98", "warning"),
    (2, "X99/A01", "warning"),
    (3, "X98", "warning"),
    (3, "X99/A01", "warning"),
    (3, "X99/A48", "warning"),
]


def test_without_controls_all_findings_stand(rules: Path, book: RuleBook, tmp_path: Path) -> None:
    found = judged(book, rules, tmp_path, "disable: []\n")
    assert told(found) == ALL
    assert found.suppressed.is_empty()


def test_a_rule_is_switched_off_and_its_findings_listed(
    rules: Path, book: RuleBook, tmp_path: Path
) -> None:
    controls = """
        disable:
        - {rule: X98, reason: 系统改造中, by: 病案科, until: 2025-12-31}
    """
    found = judged(book, rules, tmp_path, controls)
    assert told(found) == [row for row in ALL if row[1] != "X98"]
    assert found.suppressed.select("row", "rule", "reason", "by", "until").rows() == [
        (2, "X98", "系统改造中", "病案科", date(2025, 12, 31)),
        (3, "X98", "系统改造中", "病案科", date(2025, 12, 31)),
    ]


def test_a_check_is_suppressed_for_a_department(
    rules: Path, book: RuleBook, tmp_path: Path
) -> None:
    controls = """
        suppress:
        - {rule: X99/A01, department: ["03"], reason: 试点科室, by: 病案科, until: 2025-12-31}
    """
    found = judged(book, rules, tmp_path, controls)
    assert told(found) == [row for row in ALL if row[:2] != (2, "X99/A01")]


def test_a_rule_is_suppressed_for_a_case(rules: Path, book: RuleBook, tmp_path: Path) -> None:
    controls = """
        suppress:
        - {rule: X99, case: "1", reason: 已与医保局确认, by: 医保办, until: 2025-12-31}
    """
    found = judged(book, rules, tmp_path, controls)
    assert told(found) == ALL[:3]
    assert found.suppressed["check"].to_list() == ["X99/A01", "X99/A48"]


def test_a_severity_is_changed(rules: Path, book: RuleBook, tmp_path: Path) -> None:
    controls = """
        severity:
        - {rule: X98, severity: error, reason: 本院要求, by: 病案科, until: 2025-12-31}
    """
    found = judged(book, rules, tmp_path, controls)
    changed = [(row, check, "error" if check == "X98" else s) for row, check, s in ALL]
    assert told(found) == changed


def test_an_expired_control_is_told_and_not_applied(
    rules: Path, book: RuleBook, tmp_path: Path
) -> None:
    controls = """
        disable:
        - {rule: X98, reason: 系统改造中, by: 病案科, until: 2025-06-29}
        - {rule: X99, reason: 系统改造中, by: 病案科, until: 2025-06-30}
    """
    found = judged(book, rules, tmp_path, controls)
    assert [control.target for control in found.expired] == ["X98"]
    assert {check for _, check, _ in told(found)} == {"X98"}


def test_every_mistake_of_a_file_is_told(rules: Path, book: RuleBook, tmp_path: Path) -> None:
    controls = """
        of: []
        disable:
        - {rule: X97, reason: 无, by: 病案科, until: 2025-12-31}
        - {rule: X98, by: 病案科, until: 明年}
        severity:
        - {rule: X98, severity: fatal, reason: 无, by: 病案科, until: 2025-12-31}
        suppress:
        - {rule: X98, ward: 1, reason: 无, by: 病案科, until: 2025-12-31}
        - 全部
    """
    with pytest.raises(InputError) as raised:
        judged(book, rules, tmp_path, controls)
    told = [(p.field, p.message) for p in raised.value.problems]
    assert told == [
        ("controls.yaml of", "不认识的键；可用：disable、severity、suppress"),
        ("controls.yaml disable[1].rule", "没有规则或检测 X97"),
        ("controls.yaml disable[2].reason", "必填"),
        ("controls.yaml disable[2].until", "应为日期 YYYY-MM-DD"),
        ("controls.yaml severity[1].severity", "应为 error、warning、hint 之一"),
        ("controls.yaml suppress[1].ward", "不认识的键"),
        ("controls.yaml suppress[2]", "应为键值结构"),
    ]
    assert all(p.remedy for p in raised.value.problems)

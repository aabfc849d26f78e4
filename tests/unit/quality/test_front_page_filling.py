"""What pages owe, what they lack, what that costs: completeness, score, excluded cases."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from tests.front_pages import page_table

from zhibian.problems import InputError
from zhibian.quality.front_page.book import RuleBook
from zhibian.quality.front_page.completeness import CompletenessCount, Filling, Requirements
from zhibian.quality.front_page.completeness_file import load_completeness
from zhibian.quality.front_page.excluded import ExcludedCases
from zhibian.quality.front_page.judge import Judge
from zhibian.quality.front_page.rule_files import load_rule_book
from zhibian.quality.front_page.score import ScoreCount, Scorer, Scores
from zhibian.quality.front_page.score_table import load_score_table
from zhibian.records.front_page.catalogue import Catalogue, load_catalogue
from zhibian.records.front_page.types import ROW, PageTable

TODAY = date(2025, 6, 30)
BASE = Path(__file__).resolve().parents[2] / "cases" / "quality" / "base.yaml"


@pytest.fixture(scope="module")
def book(rules: Path) -> RuleBook:
    return load_rule_book(rules)


@pytest.fixture(scope="module")
def catalogue(rules: Path) -> Catalogue:
    return load_catalogue(rules)


@pytest.fixture(scope="module")
def requirements(rules: Path, book: RuleBook, catalogue: Catalogue) -> Requirements:
    return Requirements(load_completeness(rules, book, catalogue), book)


@pytest.fixture(scope="module")
def base() -> dict[str, Any]:
    page: dict[str, Any] = yaml.safe_load(BASE.read_text(encoding="utf-8"))
    return {**page, "C09C": "M80000/0"}


def owed(filling: Filling, field: str) -> list[tuple[int, int]]:
    """Return how often a field is due and missing, page by page."""
    return list(zip(filling.due[field], filling.missing[field], strict=True))


def test_items_are_due_where_they_apply(
    requirements: Requirements, base: dict[str, Any], rules: Path
) -> None:
    newborn = {"A13": "2025-02-20", "A14": None, "A16": "11"}
    pages = [
        base,
        {**base, **newborn},
        {**base, **newborn, "A17": "3300", "A18": ["3200"]},
        {**base, "C03C": "S72.000"},
        {**base, "C03C": "T81.406"},
        {**base, "B34C": "5", "C24C": "2", "A38C": "80", "A29": None},
    ]
    filling = requirements.of(page_table(pages, rules), TODAY)
    assert owed(filling, "A17") == [(0, 0), (1, 1), (1, 0), (0, 0), (0, 0), (0, 0)]
    assert owed(filling, "A18") == [(0, 0), (1, 1), (1, 0), (0, 0), (0, 0), (0, 0)]
    assert owed(filling, "A14") == [(1, 0)] * 6
    assert owed(filling, "C12C") == [(0, 0), (0, 0), (0, 0), (1, 1), (0, 0), (0, 0)]
    assert owed(filling, "C34C")[-1] == (1, 1)
    assert owed(filling, "C25")[-1] == (1, 1)
    assert owed(filling, "A29") == [(1, 0)] * 5 + [(0, 0)]


def test_repeated_items_count_once_an_entry(
    requirements: Requirements, base: dict[str, Any], rules: Path
) -> None:
    page = {**base, "C08C": ["1", None], "C07N": [None, "2型糖尿病"]}
    filling = requirements.of(page_table([page], rules), TODAY)
    assert owed(filling, "C06C") == [(2, 0)]
    assert owed(filling, "C08C") == [(2, 1)]
    blanks = set(filling.blanks.select("field", "place").rows())
    assert {("C08C", 2), ("C07N", 1)} <= blanks


def test_fields_without_a_column_are_not_counted(
    requirements: Requirements, base: dict[str, Any], rules: Path
) -> None:
    whole = page_table([base], rules)
    table = PageTable(whole.cells, frozenset({"A22", "C07N"}))
    filling = requirements.of(table, TODAY)
    assert {"A22", "C07N"}.isdisjoint(filling.due.columns)


def test_counts_by_department_and_by_column(
    requirements: Requirements, base: dict[str, Any], rules: Path, catalogue: Catalogue
) -> None:
    count = CompletenessCount(catalogue)
    for page in (base, {**base, "A22": None, "B16C": "03"}):
        table = page_table([page], rules)
        count.add(table, requirements.of(table, TODAY))
    items = {field: (due, missing) for field, due, missing in count.items().iter_rows()}
    assert items["A22"] == (2, 1)
    assert items["C06C"] == (4, 0)
    by_department = count.by_department().filter(pl.col("field") == "A22")
    assert by_department.select("department", "missing").rows() == [("03", 1), ("04", 0)]
    columns = {name: (filled, pages) for name, _, filled, pages in count.columns()}
    assert len(columns) == 642
    assert columns["A22"] == (1, 2)
    assert columns["C07x02N"] == (2, 2)
    assert columns["C07x03N"] == (0, 2)


def scored(
    requirements: Requirements, book: RuleBook, rules: Path, pages: list[dict[str, Any]]
) -> tuple[Scores, PageTable]:
    table = page_table(pages, rules)
    found = Judge(book).judge(table, today=TODAY).findings
    scorer = Scorer(load_score_table(rules, load_catalogue(rules)))
    return scorer.score(table, requirements.of(table, TODAY), found), table


def test_a_whole_page_has_100_points(
    requirements: Requirements, book: RuleBook, base: dict[str, Any], rules: Path
) -> None:
    scores, _ = scored(requirements, book, rules, [base])
    assert scores.totals.select(pl.exclude(ROW)).rows() == [(100.0, 18.0, 26.0, 50.0, 6.0)]
    assert scores.deductions.is_empty()


def test_a_blank_with_a_finding_costs_once(
    requirements: Requirements, book: RuleBook, base: dict[str, Any], rules: Path
) -> None:
    scores, _ = scored(requirements, book, rules, [{**base, "A48": None}])
    lost = scores.deductions.select("item", "points", "causes").rows()
    assert lost == [("病案号", 2.0, "未填、C01/A48")]
    assert scores.totals["total"].to_list() == [98.0]


def test_classes_and_parts_have_limits(
    requirements: Requirements, book: RuleBook, base: dict[str, Any], rules: Path
) -> None:
    personal = [
        "A47",
        "A11",
        "A22",
        "A23C",
        "A19C",
        "A20",
        "A38C",
        "A21C",
        "A26",
        "A27",
        "A28C",
        "A24",
    ]
    blank = {**base, **dict.fromkeys(personal), "C06C": ["X1"] * 9, "C07N": [None] * 9}
    nothing = {"A48": "1", "D01": None}
    scores, _ = scored(requirements, book, rules, [blank, {**dict.fromkeys(base), **nothing}])
    patient, clinical = scores.totals["patient"].to_list(), scores.totals["clinical"].to_list()
    # Twelve items of half a point, of which the class loses four.
    assert patient[0] == 14.0
    # Nine unknown codes and nine blank names cost four points each.
    lost = scores.deductions.filter((pl.col(ROW) == 2) & pl.col("item").str.starts_with("其他诊断"))
    assert lost.select("item", "points").rows() == [("其他诊断", 4.0), ("其他诊断编码", 4.0)]
    assert min(patient + clinical + scores.totals["cost"].to_list()) >= 0


def test_items_without_a_column_are_not_scored(
    requirements: Requirements, book: RuleBook, base: dict[str, Any], rules: Path
) -> None:
    page = {f: v for f, v in base.items() if f != "A47"}
    scores, _ = scored(requirements, book, rules, [page])
    assert "健康卡号" in scores.not_scored
    assert scores.totals["total"].to_list() == [100.0]


def test_scores_by_department(
    requirements: Requirements, book: RuleBook, base: dict[str, Any], rules: Path
) -> None:
    low = {**base, "B16C": "03", "C03C": None, "C04N": None, "B34C": None}
    scores, table = scored(requirements, book, rules, [base, {**base, "A48": None}, low])
    count = ScoreCount(90)
    count.add(table, scores)
    overall, first, second = count.by_department().rows()
    assert (overall[1], overall[2], round(overall[5], 4)) == (True, 3, 0.3333)
    assert first[0] == "03"
    assert first[5] == 1.0
    assert second == ("04", False, 2, 99.0, 99.0, 0.0)


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({}, []),
        ({"D01": "5"}, []),
        ({"D01": "4.99"}, ["住院总费用低于 5 元"]),
        ({"D01": "2000000"}, []),
        ({"D01": "2000000.01"}, ["住院总费用高于 200 万元"]),
        ({"B15": "2025-05-02 10:00:00"}, []),
        ({"B15": "2025-05-03 10:00:00"}, ["住院超过 60 天"]),
        (
            {"D01": "3", "B15": "2025-05-03 10:00:00"},
            ["住院总费用低于 5 元；住院超过 60 天"],
        ),
        ({"D01": None, "B15": None}, []),
    ],
)
def test_excluded_cases(
    book: RuleBook, base: dict[str, Any], rules: Path, change: dict[str, Any], reasons: list[str]
) -> None:
    found = ExcludedCases(rules, book).of(page_table([{**base, **change}], rules), TODAY)
    assert found.cases["reasons"].to_list() == reasons


def changed(rules: Path, folder: Path, name: str, old: str, new: str) -> Path:
    """Return rules with one text of a data file replaced."""
    home = folder / "rules"
    shutil.copytree(rules / "quality", home / "quality")
    path = home / "quality" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return home


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("optional: B27 B28", "optional: B28", "没有说明何时应填"),
        ("optional: B27", "optional: A01 B27", "出现不止一次"),
        ("optional: B27", "optional: Z99 B27", "目录中没有该字段"),
        ("when: {field: B36C, in", "when: {field: B36Z, in", "没有字段"),
    ],
)
def test_mistakes_of_the_completeness_file(
    rules: Path,
    tmp_path: Path,
    book: RuleBook,
    catalogue: Catalogue,
    old: str,
    new: str,
    words: str,
) -> None:
    home = changed(rules, tmp_path, "completeness.yaml", old, new)
    with pytest.raises(InputError) as caught:
        load_completeness(home, book, catalogue)
    assert any(words in problem.message for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("points: 18", "points: 19", "各部分分值合计应为 100"),
        ("most: 24", "most: 25", "各类上限之和应等于部分分值"),
        ("fields: [A48]", "fields: [A01]", "字段 A01 已在别的项目中"),
        ("fields: [A48]", "fields: [A999]", "没有字段 A999"),
        ("verified: partly", "verify: partly", "required"),
    ],
)
def test_mistakes_of_the_score_file(
    rules: Path, tmp_path: Path, catalogue: Catalogue, old: str, new: str, words: str
) -> None:
    home = changed(rules, tmp_path, "score.yaml", old, new)
    with pytest.raises(InputError) as caught:
        load_score_table(home, catalogue)
    assert any(words in problem.message for problem in caught.value.problems)

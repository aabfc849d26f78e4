"""Pages of the clinical edition in NHSA codes: places stay, names follow, nothing goes unsaid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.front_pages import page_table

from zhibian.quality.front_page.page_codes import PageCodes
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, load_code_set
from zhibian.terminology.crosswalk import load_filed_set


@pytest.fixture
def codes(rules: Path) -> PageCodes:
    return PageCodes(
        load_filed_set(rules, "clinical-2.0"),
        load_code_set(rules, ICD10_NHSA),
        load_code_set(rules, ICD9CM3_NHSA),
    )


def test_places_and_blanks_stay(codes: PageCodes, rules: Path) -> None:
    pages: list[dict[str, Any]] = [
        {"C03C": "K80.101", "C04N": "胆囊结石伴慢性胆囊炎", "C06C": [], "C07N": []},
        {
            "C03C": None,
            "C04N": None,
            "C06C": [None, "A01.003", "E11.900"],
            "C07N": ["头痛", "伤寒杆菌性败血症", None],
        },
        {"C03C": "X99.999x999", "C04N": "无此病", "C06C": ["E11.900"], "C07N": ["2型糖尿病"]},
    ]
    table = page_table(pages, rules)
    cells = codes.convert(table).cells
    assert cells.columns == table.cells.columns
    assert cells["row"].to_list() == [2, 3, 4]
    assert cells["C03C"].to_list() == ["K80.101", None, "X99.999x999"]
    assert cells["C06C"].to_list() == [[], [None, "A01.003", "E11.900"], ["E11.900"]]
    assert cells["C07N"].to_list() == [[], ["头痛", "伤寒杆菌性脓毒症", None], ["2型糖尿病"]]
    told = {one.code: (one.name, one.target, one.times) for one in codes.told()}
    assert told == {
        "A01.003": ("伤寒杆菌性败血症", "A01.003", 1),
        "X99.999x999": ("无此病", "", 1),
    }
    assert codes.kinds()["同码同义"] == 3


def test_a_code_that_moves_takes_its_name_along(codes: PageCodes, rules: Path) -> None:
    filed = load_filed_set(rules, "clinical-2.0").diagnoses
    known = load_code_set(rules, ICD10_NHSA)
    code, (name, target) = next(
        (code, entry)
        for code, entry in filed.entries.items()
        if entry[1] != code and entry[1] in known and code not in filed.homonyms
    )
    pages = [{"C03C": code, "C04N": name}, {"C03C": code, "C04N": f"右侧{name}"}, {"C03C": code}]
    cells = codes.convert(page_table(pages, rules)).cells
    assert cells["C03C"].to_list() == [target] * 3
    assert cells["C04N"].to_list() == [known.name(target), f"右侧{name}", None]


def test_lists_without_names(codes: PageCodes, rules: Path) -> None:
    cells = codes.convert(page_table([{"C35C": ["51.2300", None]}, {"C35C": []}], rules)).cells
    assert cells["C35C"].to_list() == [["51.2300", None], []]
    assert cells["C35C"].dtype == pl.List(pl.String)

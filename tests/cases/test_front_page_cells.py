"""Every spelling under tests/cases/front_page: what is read of it, or why it can't be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from zhibian.records.front_page.catalogue import Catalogue, Kind, load_catalogue
from zhibian.records.front_page.cells import Slot, read_cells, read_lists
from zhibian.settings import Settings

CASES = Path(__file__).resolve().parent / "front_page" / "cells.yaml"
FIELD_OF = {"date": "A13", "time": "B12", "whole": "A14", "decimal": "D01"}
FIELD_OF |= {"code": "C03C", "choice": "A12C", "text": "B14"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(Settings().rules)


@pytest.mark.parametrize(
    "case",
    yaml.safe_load(CASES.read_text(encoding="utf-8")),
    ids=lambda case: f"{case['kind']} {case['cell'].strip() or 'blank'}",
)
def test_spelling(case: dict[str, Any], catalogue: Catalogue) -> None:
    field = catalogue[FIELD_OF[case["kind"]]]
    assert field.kind is Kind(case["kind"])
    slot = Slot("x", "列", field)
    rows = pl.Series("row", [7], dtype=pl.Int64)
    frame = pl.DataFrame({"x": [case["cell"]]})
    read, bad = read_cells(frame, rows, [slot])
    assert read["x"].to_list() == [case.get("read")]
    assert [cell.code for cell in bad] == ([case["code"]] if "code" in case else [])
    for cell in bad:
        assert (cell.row, cell.column, cell.field) == (7, "列", field.id)
        assert cell.remedy
        assert case["cell"].strip() not in cell.message + cell.remedy
    # A list of such cells is read the same way.
    lists, told = read_lists(pl.DataFrame({"x": [[None, case["cell"]]]}), rows, [slot])
    assert lists["x"].to_list() == [[None, case.get("read")]]
    assert [cell.code for cell in told] == [cell.code for cell in bad]


def test_all_bad_cells_at_once(catalogue: Catalogue) -> None:
    frame = pl.DataFrame({"a": ["x", "5", "y"], "b": ["2025-01-01", "?", None]})
    slots = [Slot("a", "年龄", catalogue["A14"]), Slot("b", "入院", catalogue["B12"])]
    read, bad = read_cells(frame, pl.Series("row", [2, 3, 4]), slots)
    assert read.to_dict(as_series=False) == {
        "a": [None, "5", None],
        "b": ["2025-01-01", None, None],
    }
    assert {(cell.row, cell.column) for cell in bad} == {(2, "年龄"), (4, "年龄"), (3, "入院")}

"""Which code decides the level: equal to grouping again without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from zhibian.grouping.cases import read_cases
from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.columnar import ColumnarPack, group_table
from zhibian.grouping.engine import group
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.pack import load_scheme
from zhibian.grouping.table_files import text_cells
from zhibian.grouping.types import GroupingInput
from zhibian.screening.counted import counted, deciding, neighbours, next_groups
from zhibian.synthesis.draw import draw_block
from zhibian.synthesis.model import Request, build_model

CASES = 4_000


@pytest.mark.parametrize("scheme", ["chs-drg-1.1", "chs-drg-2.0"])
def test_groups_without_a_code_are_those_of_the_grouper(rules: Path, scheme: str) -> None:
    pack = load_scheme(rules, scheme)
    codebook = load_codebook(rules)
    columnar = ColumnarPack(pack, codebook)
    request = Request(CASES, 11, scheme, date(2025, 1, 1), date(2025, 12, 31))
    block = text_cells(draw_block(build_model(rules, request), 0).head(CASES))
    cases, _ = LAYOUTS[InputFormat.OWN].columns_of(block)
    grouped = group_table(cases, columnar)
    counts = counted(read_cases(cases, columnar.vocabulary), columnar)
    told = deciding(cases, grouped, counts, columnar)

    found = cases.hstack(told).filter(pl.col("deciding_code").is_not_null())
    filed = grouped.filter(told["deciding_code"].is_not_null())["drg"].cast(pl.String)
    assert len(found) > 100
    for case, drg in zip(found.head(200).to_dicts(), filed, strict=False):
        fields = {name: case[name] for name in case if name in GroupingInput.__dataclass_fields__}
        lists = {name: tuple(case[name]) for name in ("others", "procedures")}
        whole = GroupingInput(**(fields | lists))
        rest = tuple(code for code in whole.others if code != case["deciding_code"])
        without = group(replace(whole, others=rest), pack, codebook, trace=False)
        assert group(whole, pack, codebook, trace=False).drg == drg
        assert without.drg == case["without_drg"] != drg


def test_no_single_other_code_of_an_undecided_case_changes_its_group(rules: Path) -> None:
    pack = load_scheme(rules, "chs-drg-1.1")
    columnar = ColumnarPack(pack, None)
    codes = ["E11.600x051", "E87.600", "I50.908", "I10.x05", "J96.000"]
    rows: list[dict[str, Any]] = [
        {"principal": "J15.902", "others": [a, b], "procedures": [], "sex": 1, "age": 60}
        for a in codes
        for b in codes
    ]
    cases = pl.DataFrame(rows, schema_overrides={"procedures": pl.List(pl.String)})
    grouped = group_table(cases, columnar)
    counts = counted(read_cases(cases, columnar.vocabulary), columnar)
    told = deciding(cases, grouped, counts, columnar)
    for row, drg, decider in zip(
        rows, grouped["drg"].to_list(), told["deciding_code"].to_list(), strict=True
    ):
        changing = set()
        for code in set(row["others"]):
            rest = [c for c in row["others"] if c != code]
            one = pl.DataFrame([{**row, "others": rest}], schema=cases.schema)
            if group_table(one, columnar)["drg"][0] != drg:
                changing.add(code)
        assert ({decider} if decider else set()) == changing


def test_next_group_is_the_next_level_that_differs(rules: Path) -> None:
    pack = load_scheme(rules, "chs-drg-1.1")
    table = {row["adrg"]: row for row in neighbours(pack).to_dicts()}
    # ES3 has groups 1, 3 and 5; FR2 only 1 and 5, so a CC leaves the case where it is.
    assert [table["ES3"][f"of_{level}"] for level in ("none", "cc", "mcc", "both")] == [
        "ES35",
        "ES33",
        "ES31",
        "ES31",
    ]
    assert table["FR2"]["of_cc"] == "FR25"
    grouped = pl.DataFrame(
        {
            "adrg": ["ES3", "ES3", "ES3", "FR2", "OB1", "EQY"],
            "drg": ["ES35", "ES33", "ES31", "FR25", "OB19", "EQY"],
            "level": ["NONE", "CC", "MCC", "NONE", "NONE", None],
        }
    )
    assert next_groups(grouped, neighbours(pack)).to_list() == [
        "ES33",
        "ES31",
        None,
        "FR21",
        None,
        None,
    ]

"""CHS-DRG 1.0: the published reading against 20,000 reference records, differences explained."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from zhibian.grouping import Grouping, GroupingInput, Status, load_codebook, load_scheme
from zhibian.grouping.compare import AMBIGUOUS, GAPS, compare
from zhibian.grouping.engine import group
from zhibian.grouping.layout import LAYOUTS, InputFormat


@pytest.fixture(scope="module")
def records(shared: Path) -> list[tuple[GroupingInput, dict[str, str]]]:
    layout = LAYOUTS[InputFormat.OPENDRG]
    with (shared / "oracle" / "chs_drg_1_0_20k.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return [(layout.read(row)[0], row) for row in rows]


def test_all_reference_groups_agree(
    records: list[tuple[GroupingInput, dict[str, str]]], rules: Path
) -> None:
    pack = load_scheme(rules, "chs-drg-1.0@published")
    differing = [row for case, row in records if _told(group(case, pack, trace=False)) != _ref(row)]
    assert len(records) == 20_000
    assert differing == []


def test_the_dictionary_refuses_only_codes_that_are_listed_as_unknown(
    records: list[tuple[GroupingInput, dict[str, str]]], rules: Path
) -> None:
    pack = load_scheme(rules, "chs-drg-1.0@published")
    codebook = load_codebook(rules)
    with (rules / "chs-drg" / "1.0" / "findings.csv").open(encoding="utf-8", newline="") as handle:
        unknown = {r["code"] for r in csv.DictReader(handle) if r["check"] == "unknown_code"}
    refused = [
        case
        for case, row in records
        if _told(group(case, pack, codebook, trace=False)) != _ref(row)
    ]
    assert len(refused) == 9
    for case in refused:
        result = group(case, pack, codebook)
        assert result.status is Status.INVALID
        assert {p.value for p in result.problems} <= unknown


def test_every_difference_of_the_corrected_reading_has_a_reason(
    records: list[tuple[GroupingInput, dict[str, str]]], rules: Path
) -> None:
    published = load_scheme(rules, "chs-drg-1.0@published")
    corrected = load_scheme(rules, "chs-drg-1.0")
    comparison = compare(rules, published, corrected)
    reasons: Counter[str] = Counter()
    for case, _ in records:
        one = group(case, published, trace=False)
        other = group(case, corrected, trace=False)
        reasons[comparison.reason(case, one, other)] += 1
    assert reasons == {
        "": 14_173,
        AMBIGUOUS: 5_090,
        "更正 newborn-operations": 294,
        "更正 burns": 267,
        "更正 hiv": 116,
        "更正 pv1-infants": 48,
        GAPS: 12,
    }


def _told(result: Grouping) -> tuple[str, ...]:
    return (result.status.chinese, result.mdc, result.adrg, result.drg)


def _ref(row: dict[str, str]) -> tuple[str, ...]:
    return (row["status"], row["mdc"], row["adrg"], row["drg"])

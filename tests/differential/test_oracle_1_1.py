"""The published reading against 20,000 records grouped by three public implementations."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from zhibian.grouping import GroupingInput, load_codebook, load_scheme
from zhibian.grouping.compare import AMBIGUOUS, Comparison, compare
from zhibian.grouping.engine import group
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.table import group_file
from zhibian.grouping.table_files import open_table


@pytest.fixture(scope="module")
def oracle(shared: Path) -> Path:
    return shared / "oracle" / "chs_drg_1_1_20k.csv"


@pytest.fixture(scope="module")
def grouped(
    oracle: Path, rules: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, str]]:
    output = tmp_path_factory.mktemp("oracle") / "grouped.csv"
    pack = load_scheme(rules, "chs-drg-1.1@published")
    layout = LAYOUTS[InputFormat.OPENDRG]
    group_file(open_table(oracle), output, pack, layout, codebook=load_codebook(rules))
    with output.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_all_reference_groups_agree(grouped: list[dict[str, str]]) -> None:
    columns = ("status", "mdc", "adrg", "drg")
    differing = [
        (row["Index"], [row[c] for c in columns], [row[f"{c}_input"] for c in columns])
        for row in grouped
        if any(row[c] != row[f"{c}_input"] for c in columns)
    ]
    assert len(grouped) == 20_000
    assert differing == []


def test_every_input_column_is_kept(oracle: Path, grouped: list[dict[str, str]]) -> None:
    with oracle.open(encoding="utf-8", newline="") as handle:
        for before, after in zip(csv.DictReader(handle), grouped, strict=True):
            clash = {"status", "mdc", "adrg", "drg"}
            kept = {k: after[f"{k}_input" if k in clash else k] for k in before}
            assert kept == before


def test_every_difference_of_the_corrected_reading_has_a_reason(oracle: Path, rules: Path) -> None:
    published = load_scheme(rules, "chs-drg-1.1@published")
    corrected = load_scheme(rules, "chs-drg-1.1")
    comparison = compare(rules, published, corrected)
    reasons: Counter[str] = Counter()
    with oracle.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            case, problems = LAYOUTS[InputFormat.OPENDRG].read(row)
            assert not problems
            reasons[_reason(case, comparison)] += 1
    assert reasons == {
        "": 14_751,
        AMBIGUOUS: 5_151,
        "更正 principals-into-their-mdc": 50,
        "更正 pv1-infants": 41,
        "更正 medical-groups": 7,
    }


def _reason(case: GroupingInput, comparison: Comparison) -> str:
    one = group(case, comparison.first, trace=False)
    other = group(case, comparison.second, trace=False)
    return comparison.reason(case, one, other)

"""Regional schemes: the published readings against the reference records of 16 regions.

``rules/chs-drg/regional/reference.yaml`` lists every explanation of a difference with the exact
number of its records; what is not explained by exactly one of them fails.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from zhibian.grouping import Grouping, GroupingInput, RulePack, Status, group, load_scheme
from zhibian.grouping.compare import compare
from zhibian.grouping.layout import LAYOUTS, InputFormat

ROOT = Path(__file__).resolve().parents[2]
REFERENCE: Mapping[str, Any] = yaml.safe_load(
    (ROOT / "rules" / "chs-drg" / "regional" / "reference.yaml").read_text("utf-8")
)
Record = tuple[GroupingInput, Mapping[str, str]]


def each_other_procedure_alone(case: GroupingInput, pack: RulePack) -> Grouping:
    """Group the case again with every other procedure alone, until one leads to a group."""
    result = group(case, pack, trace=False)
    for code in case.procedures[1:]:
        if result.drg != pack.manifest.ungrouped.drg:
            break
        result = group(replace(case, procedures=(code,)), pack, trace=False)
    return result


VARIATIONS: Mapping[str, Callable[[GroupingInput, RulePack], Grouping]] = {
    "each-other-procedure-alone": each_other_procedure_alone,
}


def scheme(region: str) -> str:
    return region.replace("_", "-")


def records(shared: Path, region: str) -> Iterator[Record]:
    layout = LAYOUTS[InputFormat.OPENDRG]
    path = shared / "oracle" / "regional" / f"{region}.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            case, problems = layout.read(row)
            assert not problems
            assert not row["error"]
            yield case, row


def told(result: Grouping) -> tuple[str, ...]:
    """Return a result as the reference files write it: one code for all ambiguous groups."""
    if result.status is Status.AMBIGUOUS:
        return ("歧义病案", result.mdc, "QY", result.drg)
    return (result.status.chinese, result.mdc, result.adrg, result.drg)


def reference(row: Mapping[str, str]) -> tuple[str, ...]:
    return (row["status"], row["mdc"], row["adrg"], row["drg"])


def test_every_reference_file_has_its_entry(shared: Path) -> None:
    files = {p.stem for p in (shared / "oracle" / "regional").glob("*.csv")}
    assert files == REFERENCE["regions"].keys()


@pytest.mark.parametrize("region", REFERENCE["regions"])
def test_published_reading_agrees_or_the_difference_is_explained(
    shared: Path, rules: Path, region: str
) -> None:
    pack = load_scheme(rules, f"{scheme(region)}@published")
    explanations = REFERENCE["regions"][region]
    found: Counter[str] = Counter()
    seen = 0
    for case, row in records(shared, region):
        seen += 1
        wanted = reference(row)
        if told(group(case, pack, trace=False)) == wanted:
            continue
        reasons = [
            e["id"] for e in explanations if told(VARIATIONS[e["variation"]](case, pack)) == wanted
        ]
        assert len(reasons) == 1, row["Index"]
        found[reasons[0]] += 1
    assert seen == REFERENCE["records"]
    assert found == {e["id"]: e["count"] for e in explanations}


@pytest.mark.parametrize(
    ("region", "wanted"),
    [
        (
            "changzhou_2022",
            {"更正 mdcs-gate": 260, "规则包未覆盖": 51, "更正 group-order": 16},
        ),
        ("liaocheng_2022", {"更正 group-order": 863, "规则包未覆盖": 92}),
        (
            "wuhan_2022",
            {
                "更正 newborn-operations": 49,
                "更正 burns": 47,
                "更正 hiv": 21,
                "更正 pv1-infants": 12,
                "规则包未覆盖": 3,
            },
        ),
    ],
)
def test_every_difference_of_the_corrected_reading_has_a_reason(
    shared: Path, rules: Path, region: str, wanted: dict[str, int]
) -> None:
    published = load_scheme(rules, f"{scheme(region)}@published")
    corrected = load_scheme(rules, scheme(region))
    comparison = compare(rules, published, corrected)
    reasons: Counter[str] = Counter()
    for case, _ in records(shared, region):
        one, other = (group(case, pack, trace=False) for pack in (published, corrected))
        reasons[comparison.reason(case, one, other)] += 1
    del reasons[""]
    assert reasons == wanted

"""The codes that hospitals file most have wordings of ours; the list of them holds good codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tools.alias_coverage import (
    KINDS,
    CommonCode,
    common_codes,
    coverage,
    most_named,
    official_names,
    rows,
)

# What the tables reach; a table may grow, not shrink below it.
LEAST_SHARE = {"diagnosis": 0.99, "procedure": 0.98}
LEAST_CODES = 2650


@pytest.fixture(scope="module")
def listed(rules: Path) -> list[CommonCode]:
    return common_codes(rules)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_common_codes_exist_under_their_official_name(
    rules: Path, listed: list[CommonCode], kind: str
) -> None:
    names = official_names(rules, kind)
    wrong = [e for e in listed if e.kind == kind and names.get(e.code) != e.name]
    assert wrong == []


def test_common_codes_are_listed_once_and_of_a_known_kind(listed: list[CommonCode]) -> None:
    assert len({(entry.kind, entry.code) for entry in listed}) == len(listed)
    assert {entry.kind for entry in listed} == set(KINDS)
    assert all(entry.specialty for entry in listed)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_common_code_is_grey_only_where_no_finer_one_fits(
    rules: Path, listed: list[CommonCode], kind: str
) -> None:
    table = rules / "terminology" / f"{KINDS[kind]}-nhsa-2.0.csv"
    grey = {row["code"] for row in rows(table) if row["grey"] == "1"}
    allowed = {row["code"] for row in rows(rules / "lexicons" / "aliases" / "grey-allowed.csv")}
    assert {e.code for e in listed if e.kind == kind and e.code in grey} <= allowed


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_common_codes_have_a_wording_of_ours(
    rules: Path, listed: list[CommonCode], kind: str
) -> None:
    result = coverage(rules, [(e.kind, e.code) for e in listed if e.kind == kind])
    assert result.share >= LEAST_SHARE[kind], result.missing


def test_more_than_two_thousand_common_codes_have_a_wording(
    rules: Path, listed: list[CommonCode]
) -> None:
    result = coverage(rules, [(entry.kind, entry.code) for entry in listed])
    assert len(result.covered) >= LEAST_CODES


def test_the_most_named_codes_are_counted_from_research_data(rules: Path, shared: Path) -> None:
    if not (shared / "data" / "chip_cdn" / "train.json").is_file():
        pytest.skip("research data not present")
    named = most_named(rules, shared, 50)
    assert len(set(named)) == 50
    assert {kind for kind, _ in named} <= set(KINDS)

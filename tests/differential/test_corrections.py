"""The corrections of CHS-DRG 1.1 are those that the facts determine, no more and no fewer."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tests.differential.corrections import (
    medical_groups,
    principals_into_their_category,
    regional,
    transcription,
)

from zhibian.grouping.pack import read_patches


@pytest.fixture(scope="module")
def facts(shared: Path) -> Path:
    return shared / "facts"


def _added(rules: Path, patch: str) -> dict[str, set[str]]:
    found = next(p for p in read_patches(rules / "chs-drg" / "1.1") if p.id == patch)
    return {s.set.removesuffix("_ZD"): set(s.add) for s in found.sets}


def test_principals_that_no_category_has(facts: Path, rules: Path) -> None:
    expected = principals_into_their_category(facts)
    assert sum(map(len, expected.values())) == 106
    assert _added(rules, "principals-into-their-mdc") == expected


def test_principals_without_a_medical_group(facts: Path, rules: Path) -> None:
    path = facts / "chs-drg-1.1" / "ungroupable_in_mdc_11.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        wanted = [(r["dx"], r["mdc"]) for r in csv.DictReader(handle) if "|" not in r["mdc"]]
    expected = medical_groups(facts, wanted)
    assert sum(map(len, expected.values())) == 118
    assert _added(rules, "medical-groups") == expected


def test_schemes_that_look_for_the_outcome_of_delivery_among_the_other_diagnoses(
    facts: Path, rules: Path
) -> None:
    asking = {
        folder.name
        for folder in regional(facts)
        for adrg in transcription(folder)[0]
        if adrg["adrg"] == "OR1" and "other_dx_in" in adrg["cond"]
    }
    assert len(asking) == 14
    patch = next(p for p in read_patches(rules / "chs-drg" / "1.1") if p.id == "vaginal-delivery")
    assert all(name in patch.reference for name in asking)

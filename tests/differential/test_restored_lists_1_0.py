"""CHS-DRG 1.0: the restored lists are those of the two regional schemes on its tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from zhibian.grouping.pack import read_gaps, read_patches

LOST = frozenset({"PB1", "PC1", "PJ1", "PT1", "PV1", "WB1", "WR1", "YC1", "YR1", "YR2"})
LISTS = ("dx", "proc", "proc2", "dx2")
Groups = Mapping[str, Mapping[str, Any]]


def _groups(folder: Path) -> Groups:
    found = json.loads((folder / "adrg.json").read_text("utf-8"))["adrgs"]
    return {a["rule"]: a for a in found}


@pytest.fixture(scope="module")
def changzhou(shared: Path) -> Groups:
    return _groups(shared / "facts" / "regional" / "changzhou_2022")


@pytest.fixture(scope="module")
def chongqing(shared: Path) -> Groups:
    return _groups(shared / "facts" / "regional" / "chongqing_2022")


@pytest.fixture(scope="module")
def restored(rules: Path) -> dict[str, frozenset[str]]:
    patches = read_patches(rules / "chs-drg" / "1.0")
    return {s.set: frozenset(s.add) for p in patches for s in p.sets}


def _lists(group: Mapping[str, Any]) -> list[set[str]]:
    return [set(group.get(name, ())) for name in LISTS]


def test_both_schemes_stand_on_the_tables_of_1_0(
    shared: Path, changzhou: Groups, chongqing: Groups
) -> None:
    own = _groups(shared / "facts" / "chs-drg-1.0")
    kept = own.keys() - LOST
    assert [r for r in kept if _lists(own[r]) != _lists(changzhou[r])] == []
    assert sorted(r for r in kept if _lists(own[r]) != _lists(chongqing[r])) == ["NC1", "NE1"]


def test_restored_lists_are_those_of_both_schemes(
    changzhou: Groups, chongqing: Groups, restored: dict[str, frozenset[str]]
) -> None:
    assert {name.split("_")[0] for name in restored} == LOST
    for name, codes in restored.items():
        if name == "WB1_ZD":
            continue
        group, _, kind = name.partition("_")
        field = {"ZD": "dx", "SS": "proc"}[kind]
        assert codes == set(changzhou[group][field]) == set(chongqing[group][field]), name


def test_what_the_sources_disagree_about_is_a_gap(
    shared: Path, rules: Path, changzhou: Groups, restored: dict[str, frozenset[str]]
) -> None:
    later = _groups(shared / "facts" / "chs-drg-1.1")
    gaps = {s.set: set(s.add) for g in read_gaps(rules / "chs-drg" / "1.0") for s in g.sets}
    first, second = set(changzhou["WB1"]["dx"]), set(later["WB1"]["dx"])
    assert restored["WB1_ZD"] == first & second
    assert gaps["WB1_OPEN"] == first ^ second
    assert gaps["WB1_GRAFT"] == restored["WB1_SS"] == set(later["WB1"]["proc"])
    assert gaps["PT1_LIST"] == restored["PT1_ZD"]
    assert gaps["YR2_LIST"] == restored["YR2_ZD"]
    assert gaps["YR2_OPEN"] == set(later["YR2"]["dx"]) - restored["YR2_ZD"]

"""The shipped CHS-DRG 1.1 pack is sound, complete and equal to what its sources give."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from zhibian.grouping import Level, RulePack, load_scheme, split_levels
from zhibian.grouping.build import build
from zhibian.grouping.check import CHECKS, FATAL, check_pack
from zhibian.grouping.pack import load_pack, read_manifest, read_patches

COUNTS = {
    "mdc": 26,
    "adrg": 376,
    "drg": 628,
    "mcc": 4_678,
    "cc": 16_568,
    "exclusion_tables": 223,
}


@pytest.fixture(scope="module")
def folder(rules: Path) -> Path:
    return rules / "chs-drg" / "1.1"


@pytest.fixture(scope="module")
def pack(rules: Path) -> RulePack:
    return load_scheme(rules, "chs-drg-1.1@published")


def test_pack_passes_its_check(folder: Path) -> None:
    assert check_pack(folder) == []


def test_counts_are_the_official_ones(folder: Path, pack: RulePack) -> None:
    manifest = read_manifest(folder)
    assert {k: manifest.counts[k] for k in COUNTS} == COUNTS
    assert manifest.official_counts == COUNTS
    assert len(pack.mdcs) == COUNTS["mdc"]
    assert sum(len(m.adrgs) for m in pack.mdcs) == COUNTS["adrg"]
    assert sum(len(a.drgs) for m in pack.mdcs for a in m.adrgs) == COUNTS["drg"]
    assert len(pack.severity.levels) == COUNTS["mcc"] + COUNTS["cc"]
    assert len(set(pack.severity.principals.values())) == COUNTS["exclusion_tables"]


def test_ambiguous_groups_stand_after_every_group_that_needs_a_procedure(rules: Path) -> None:
    corrected = load_scheme(rules, "chs-drg-1.1")
    found = {}
    for mdc in corrected.mdcs:
        kinds = [a.kind for a in mdc.adrgs]
        if "ambiguous" in kinds:
            at = kinds.index("ambiguous")
            found[mdc.adrgs[at].code] = (set(kinds[:at]), set(kinds[at + 1 :]))
    assert len(found) == 21
    assert not found.keys() & {"AQY", "SQY", "TQY", "WQY", "XQY"}
    for before, after in found.values():
        assert before <= {"surgical", "procedural"}
        assert after == {"medical"}


def test_split_modes_are_the_published_ones(pack: RulePack) -> None:
    modes: dict[str, int] = {}
    for mdc in pack.mdcs:
        for adrg in mdc.adrgs:
            mode = "".join(d.code[-1] for d in adrg.drgs)
            modes[mode] = modes.get(mode, 0) + 1
            levels = split_levels(adrg.code, pack)
            expected = {
                "9": ("9", "9", "9"),
                "135": ("1", "3", "5"),
                "35": ("3", "3", "5"),
                "15": ("1", "5", "5"),
            }[mode]
            given = tuple(levels[v][-1] for v in (Level.MCC, Level.CC, Level.NONE))
            assert given == expected, adrg.code
    assert modes == {"9": 192, "135": 68, "35": 61, "15": 55}


def test_every_patch_has_a_reason_and_a_reference_and_is_a_known_defect(folder: Path) -> None:
    corrected = {d.correction for d in read_manifest(folder).known_defects if d.correction}
    for patch in read_patches(folder):
        assert patch.reason
        assert patch.reference
        assert patch.id in corrected


def test_every_check_has_words_and_fatal_checks_exist() -> None:
    assert CHECKS.keys() >= FATAL


def test_a_changed_table_is_noticed(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "pack"
    shutil.copytree(folder, copy)
    table = copy / "adrg.csv"
    text = table.read_text("utf-8").replace("ZYSS in AA1_SS", "ZYSS in AB1_SS")
    table.write_text(text, "utf-8")
    assert {f.check for f in check_pack(copy)} == {"sha256_differs", "unreferenced_set"}


def test_a_missing_row_is_noticed(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "pack"
    shutil.copytree(folder, copy)
    table = copy / "drg.csv"
    lines = table.read_text("utf-8").splitlines(keepends=True)
    table.write_text("".join(lines[:-1]), "utf-8")
    found = {f.check for f in check_pack(copy)}
    assert {"sha256_differs", "count_differs", "official_count_differs"} <= found


def test_building_again_gives_the_committed_pack(
    shared: Path, folder: Path, tmp_path: Path
) -> None:
    build(shared / "facts", folder, tmp_path)
    names = sorted(p.name for p in folder.iterdir() if p.suffix in {".csv", ".yaml"})
    for name in names:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    assert load_pack(tmp_path).sets == load_pack(folder).sets


def test_the_restored_list_of_pv1_is_the_one_regional_schemes_agree_on(
    shared: Path, folder: Path
) -> None:
    patch = yaml.safe_load((folder / "patches" / "pv1-infants.yaml").read_text("utf-8"))
    restored = patch["sets"][0]["add"]
    lists = []
    for path in sorted((shared / "facts" / "regional").glob("*/adrg.json")):
        adrgs = json.loads(path.read_text("utf-8"))["adrgs"]
        lists += [sorted(a["dx"]) for a in adrgs if a["adrg"] == "PV1" and "dx" in a]
    assert len(restored) == 448
    assert lists.count(sorted(restored)) == 15
    assert max(lists.count(one) for one in lists) == 15

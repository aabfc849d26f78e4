"""Every shipped edition: sound, complete, equal to what its sources give, honest about its gaps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from zhibian.grouping import Level, list_schemes, load_scheme, split_levels
from zhibian.grouping.build import build
from zhibian.grouping.check import check_pack
from zhibian.grouping.pack import load_pack, read_gaps, read_manifest, read_patches
from zhibian.grouping.recipe import editions

EDITIONS = ["1.1", "2.0"]
OFFICIAL = {
    "1.1": {"mdc": 26, "adrg": 376, "drg": 628},
    "2.0": {"mdc": 26, "adrg": 409, "drg": 634},
}
MODES = {
    "1.1": {"9": 192, "135": 68, "35": 61, "15": 55},
    "2.0": {"9": 238, "135": 54, "35": 71, "15": 46},
}
NO_AMBIGUOUS = {"1.1": "ASTWX", "2.0": "ASTXY"}
LEVELS = {
    "9": ("9", "9", "9"),
    "135": ("1", "3", "5"),
    "35": ("3", "3", "5"),
    "15": ("1", "5", "5"),
}

every_edition = pytest.mark.parametrize("edition", EDITIONS)


def test_all_editions_are_here(rules: Path) -> None:
    assert list(editions(rules / "chs-drg")) == EDITIONS


@every_edition
def test_pack_passes_its_check(rules: Path, edition: str) -> None:
    assert check_pack(rules / "chs-drg" / edition) == []


@every_edition
def test_counts_are_the_official_ones(rules: Path, edition: str) -> None:
    manifest = read_manifest(rules / "chs-drg" / edition)
    wanted = OFFICIAL[edition]
    assert {k: manifest.counts[k] for k in wanted} == wanted
    assert {k: manifest.official_counts[k] for k in wanted} == wanted


@every_edition
def test_split_modes_are_the_published_ones(rules: Path, edition: str) -> None:
    pack = load_scheme(rules, f"chs-drg-{edition}@published")
    modes: dict[str, int] = {}
    for adrg in (a for m in pack.mdcs for a in m.adrgs):
        mode = "".join(d.code[-1] for d in adrg.drgs)
        modes[mode] = modes.get(mode, 0) + 1
        levels = split_levels(adrg.code, pack)
        given = tuple(levels[v][-1] for v in (Level.MCC, Level.CC, Level.NONE))
        assert given == LEVELS[mode], adrg.code
    assert modes == MODES[edition]


@every_edition
def test_ambiguous_groups_stand_before_the_medical_ones(rules: Path, edition: str) -> None:
    pack = load_scheme(rules, f"chs-drg-{edition}")
    letters = ""
    for mdc in pack.mdcs:
        kinds = [a.kind for a in mdc.adrgs]
        if "ambiguous" not in kinds:
            letters += mdc.code[-1]
            continue
        at = kinds.index("ambiguous")
        assert set(kinds[:at]) <= {"surgical", "procedural"}
        assert set(kinds[at + 1 :]) == {"medical"}
    assert "".join(sorted(letters)) == NO_AMBIGUOUS[edition]


@every_edition
def test_building_again_gives_the_committed_pack(
    shared: Path, rules: Path, tmp_path: Path, edition: str
) -> None:
    folder = rules / "chs-drg" / edition
    build(shared / "facts", folder, tmp_path)
    names = sorted(p.name for p in folder.iterdir() if p.suffix in {".csv", ".yaml"})
    for name in names:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    assert load_pack(tmp_path).sets == load_pack(folder).sets


@every_edition
def test_every_correction_is_a_known_defect_with_reason_and_reference(
    rules: Path, edition: str
) -> None:
    folder = rules / "chs-drg" / edition
    manifest = read_manifest(folder)
    corrected = {d.correction for d in manifest.known_defects}
    for patch in read_patches(folder):
        assert patch.reason
        assert patch.reference
        assert patch.id in corrected
    for repair in manifest.repairs:
        assert repair.reason
        assert repair.reference


@every_edition
def test_every_gap_says_what_is_missing_and_is_on_the_page(rules: Path, edition: str) -> None:
    folder = rules / "chs-drg" / edition
    page = (folder / "README.md").read_text("utf-8")
    for gap in read_gaps(folder):
        assert gap.title
        assert gap.reason
        assert gap.missing
        assert gap.id in page


@every_edition
def test_every_known_defect_is_on_the_page(rules: Path, edition: str) -> None:
    folder = rules / "chs-drg" / edition
    page = (folder / "README.md").read_text("utf-8")
    assert [d.id for d in read_manifest(folder).known_defects if d.id not in page] == []


def test_only_the_default_reading_has_gaps(rules: Path) -> None:
    for scheme in list_schemes(rules):
        pack = load_scheme(rules, scheme)
        assert not pack.gaps or "@" not in scheme


def test_every_correction_of_the_facts_of_2_0_is_listed_as_a_repair(
    shared: Path, rules: Path
) -> None:
    facts = shared / "facts" / "chs-drg-2.0"
    wanted = {
        key
        for name in ("patch_2.0.json", "mdc_patch_2.0.json")
        for key in json.loads((facts / name).read_text("utf-8"))
    }
    about = yaml.safe_load((rules / "chs-drg" / "2.0" / "about.yaml").read_text("utf-8"))
    listed = {row for repair in about["repairs"] for row in repair["rows"]}
    assert listed - wanted == {"PS1", "PS2", "PS3", "PS4"}
    assert wanted <= listed

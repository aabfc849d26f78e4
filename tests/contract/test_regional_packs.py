"""The overlays of the regional schemes: sound, small, equal to what their sources give."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest
import yaml

from zhibian.grouping.check import check_pack
from zhibian.grouping.manifest import TABLES
from zhibian.grouping.pack import (
    list_schemes,
    load_pack,
    pack_folders,
    patches_of,
    read_gaps,
    read_manifest,
)
from zhibian.grouping.regional_build import RegionalBuild, regions
from zhibian.problems import InputError
from zhibian.terminology.tables import sha256_of

HOME = Path(__file__).resolve().parents[2] / "rules" / "chs-drg" / "regional"
REGIONS = regions(HOME)
# One on each base, with corrections and gaps, with lists of its own, with ambiguous groups.
CHECKED = ("chongqing_2022", "foshan_2022", "wuhan_2022", "yinchuan_2023")
BUILT = ("beijing_2022", "changzhou_2022", "zhejiang_2022")
LARGEST = 6_000_000


def test_there_are_28_regional_schemes_with_two_readings_each(rules: Path) -> None:
    schemes = {s for s in list_schemes(rules) if not s.startswith("chs-drg-")}
    ids = {r.replace("_", "-") for r in REGIONS}
    assert len(REGIONS) == 28
    assert schemes == ids | {f"{i}@published" for i in ids}
    assert {pack_folders(rules)[i].name for i in ids} == set(REGIONS)


def test_all_overlays_together_are_small() -> None:
    assert sum(p.stat().st_size for p in HOME.rglob("*") if p.is_file()) < LARGEST


@pytest.mark.parametrize("region", REGIONS)
def test_overlay_is_written_as_its_manifest_says(region: str) -> None:
    folder = HOME / region
    manifest = read_manifest(folder)
    assert manifest.base is not None
    tables = {t: folder / f"{t}.csv" for t in TABLES if (folder / f"{t}.csv").is_file()}
    assert {t: sha256_of(path) for t, path in tables.items()} == manifest.sha256
    rows = {t: path.read_text("utf-8").count("\n") - 1 for t, path in tables.items()}
    assert rows == manifest.base.rows
    assert min(manifest.base.size, key=lambda s: manifest.base.size[s]) == manifest.base.scheme  # type: ignore[union-attr]
    assert (folder / manifest.base.folder / "manifest.yaml").is_file()


@pytest.mark.parametrize("region", REGIONS)
def test_every_correction_has_a_reason_and_every_gap_says_what_is_missing(region: str) -> None:
    folder = HOME / region
    manifest = read_manifest(folder)
    defects = {d.correction for d in manifest.known_defects if d.correction}
    used = {p for reading in manifest.readings.values() for p in reading.patches}
    known = {p.id: p for p in patches_of(folder, manifest)}
    assert used == defects <= known.keys()
    assert all(known[p].reason and known[p].reference for p in used)
    assert all(g.title and g.reason and g.missing for g in read_gaps(folder))


@pytest.mark.parametrize("region", CHECKED)
def test_overlay_passes_its_check(region: str) -> None:
    assert check_pack(HOME / region) == []


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the rule data of the editions that overlays stand on, and of the overlays."""
    home = tmp_path_factory.mktemp("rules") / "chs-drg"
    for edition in ("1.0", "1.1", "regional"):
        shutil.copytree(HOME.parent / edition, home / edition)
    return home / "regional"


def test_building_again_gives_the_committed_overlays(shared: Path, copy: Path) -> None:
    building = RegionalBuild(shared / "facts", copy)
    for region in BUILT:
        for path in (copy / region).iterdir():
            if path.is_file() and path.name != "about.yaml":
                path.unlink()
        assert not any(f.fatal for f in building.build(region))
        names = sorted(p.name for p in (HOME / region).iterdir() if p.is_file())
        assert sorted(p.name for p in (copy / region).iterdir() if p.is_file()) == names
        for name in names:
            one, other = (home / region / name for home in (copy, HOME))
            assert one.read_bytes() == other.read_bytes(), f"{region} {name}"


def test_a_changed_base_is_noticed(copy: Path) -> None:
    table = copy.parent / "1.1" / "adrg.csv"
    text = table.read_text("utf-8")
    table.write_text(
        text.replace("AA1,心脏移植,ZYSS in AA1_SS", "AA1,心脏移植,ZYSS in AB1_SS"), "utf-8"
    )
    try:
        assert "base_differs" in {f.check for f in check_pack(copy / "suzhou_2023")}
        table.write_text(re.sub(r"^PV1,.*\n", "", text, flags=re.MULTILINE), "utf-8")
        with pytest.raises(InputError):
            load_pack(copy / "suzhou_2023")
    finally:
        table.write_text(text, "utf-8")


def test_an_overlay_that_does_not_fit_its_base_is_refused(copy: Path) -> None:
    table = copy / "suzhou_2023" / "adrg.csv"
    text = table.read_text("utf-8")
    table.write_text(text.replace("removed,", "removed,X", 1), "utf-8")
    try:
        with pytest.raises(InputError) as told:
            load_pack(copy / "suzhou_2023")
        assert told.value.problems[0].code == "overlay_mismatch"
    finally:
        table.write_text(text, "utf-8")


def test_the_table_of_the_page_is_that_of_the_manifests() -> None:
    page = (HOME / "README.md").read_text("utf-8")
    reference = yaml.safe_load((HOME / "reference.yaml").read_text("utf-8"))
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| [")]
    told = {re.findall(r"\(([\w]+)/", row[0])[0]: [c.strip() for c in row] for row in rows}
    assert told.keys() == set(REGIONS)
    for region, cells in told.items():
        manifest = read_manifest(HOME / region)
        assert manifest.base is not None
        differing = sum(manifest.base.rows.values())
        explained = reference["regions"].get(region)
        agree = (
            "no reference"
            if explained is None
            else f"{reference['records'] - sum(e['count'] for e in explained):,} / 4,000"
        )
        groups = f"{manifest.counts['adrg']} / {manifest.counts['drg']}"
        assert cells[1:4] == [manifest.base.scheme, f"{differing:,}", groups], region
        assert cells[6] == agree, region


def test_findings_are_those_that_the_base_does_not_have() -> None:
    for region in REGIONS:
        folder = HOME / region
        manifest = read_manifest(folder)
        assert manifest.base is not None
        own, base = (
            {tuple(r) for r in csv.reader((f / "findings.csv").open(encoding="utf-8"))}
            for f in (folder, folder / manifest.base.folder)
        )
        assert own & base == {("check", "subject", "code")}

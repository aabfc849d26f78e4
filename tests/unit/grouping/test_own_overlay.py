"""A regional scheme that people write themselves: its manifest fits its files, or it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhibian.grouping.check import check_pack
from zhibian.grouping.engine import group
from zhibian.grouping.overlay import OVERLAY_COLUMNS
from zhibian.grouping.own_overlay import write_manifest
from zhibian.grouping.pack import load_pack
from zhibian.grouping.pack_files import write_rows
from zhibian.grouping.types import GroupingInput
from zhibian.problems import InputError

SCHEME = "chs-drg-1.1"
ABOUT = """\
format: zhibian-rules/1
id: example-city
title: 示例市
authority: 示例市
document: 虚构
effective_from: null
effective_to: null
code_sets: {diagnoses: 医保版 ICD-10 2.0, procedures: 医保版 ICD-9-CM-3 2.0}
license: Apache-2.0
age_in_days_for_newborns: XSRTL is the age in days
official_counts: {}
ungrouped: {mdc: "0000", adrg: "00", drg: "0000"}
readings: {default: {title: 示例, ambiguous: true}}
"""
ELDERLY = {
    "change": "added",
    "drg": "ES37",
    "name": "呼吸系统感染/炎症，80岁及以上",
    "rule": "NL >= 80",
    "adrg": "ES3",
    "after": "^",
}


@pytest.fixture
def base(rules: Path) -> Path:
    return rules / "chs-drg" / "1.1"


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    (tmp_path / "about.yaml").write_text(ABOUT, "utf-8")
    write_rows(tmp_path / "drg.csv", OVERLAY_COLUMNS["drg"], [ELDERLY])
    return tmp_path


def test_what_was_written_is_a_sound_pack_that_groups(overlay: Path, base: Path) -> None:
    manifest = write_manifest(overlay, base, SCHEME)
    assert manifest.base is not None
    assert manifest.base.rows == {"drg": 1}
    assert check_pack(overlay) == []
    pack = load_pack(overlay)
    groups = [group(GroupingInput("J15.902", age=age, sex=2), pack).drg for age in (84, 60)]
    assert groups == ["ES37", "ES35"]


def test_a_table_that_is_edited_afterwards_is_found(overlay: Path, base: Path) -> None:
    write_manifest(overlay, base, SCHEME)
    write_rows(overlay / "drg.csv", OVERLAY_COLUMNS["drg"], [{**ELDERLY, "rule": "NL >= 90"}])
    assert {finding.check for finding in check_pack(overlay)} == {"sha256_differs", "base_differs"}


def test_rows_that_do_not_fit_the_base_are_refused(overlay: Path, base: Path) -> None:
    write_rows(overlay / "drg.csv", OVERLAY_COLUMNS["drg"], [{**ELDERLY, "drg": "ES31"}])
    with pytest.raises(InputError) as refused:
        write_manifest(overlay, base, SCHEME)
    assert [problem.field for problem in refused.value.problems] == ["drg.csv ES31"]
    assert not (overlay / "manifest.yaml").exists()


def test_every_wrong_field_is_named(overlay: Path, base: Path) -> None:
    wrong = ABOUT.replace("title: 示例市\n", "").replace("license", "licence")
    (overlay / "about.yaml").write_text(wrong, "utf-8")
    with pytest.raises(InputError) as refused:
        write_manifest(overlay, base, SCHEME)
    fields = {problem.field for problem in refused.value.problems}
    assert fields == {"about.yaml title", "about.yaml license", "about.yaml licence"}


def test_without_about_there_is_a_remedy(overlay: Path, base: Path) -> None:
    (overlay / "about.yaml").unlink()
    with pytest.raises(InputError) as refused:
        write_manifest(overlay, base, SCHEME)
    assert [problem.code for problem in refused.value.problems] == ["unreadable"]

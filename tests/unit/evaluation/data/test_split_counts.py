"""Counts are written into a definition without touching what people wrote."""

from __future__ import annotations

import pytest
import yaml

from zhibian.evaluation.data.counted import with_counts
from zhibian.evaluation.data.verify import Counts
from zhibian.problems import InputError

TEXT = """\
# a remark that stays
id: invented
files:
  n: not a split
splits:
  aside:
    title: kept aside  # another remark
    n: 3
    files: [a.json]
  test:
    title: reserved
    reserved: never measured
url: https://example.org
"""
COUNTS = {"aside": Counts(5, "c" * 64, "d" * 64, "e" * 64)}


def test_counts_stand_at_the_end_of_their_split() -> None:
    written = with_counts(TEXT, COUNTS)
    assert yaml.safe_load(written)["splits"]["aside"] == {
        "title": "kept aside",
        "files": ["a.json"],
        "n": 5,
        "checksum": "c" * 64,
        "gold_checksum": "d" * 64,
        "aside_checksum": "e" * 64,
    }


def test_everything_else_stays_as_it_was() -> None:
    kept = [line for line in TEXT.splitlines() if line != "    n: 3"]
    written = with_counts(TEXT, COUNTS).splitlines()
    assert [line for line in written if line in kept] == kept
    assert len(written) == len(kept) + 4


def test_writing_again_changes_nothing() -> None:
    once = with_counts(TEXT, COUNTS)
    assert with_counts(once, COUNTS) == once


def test_splits_at_the_end_of_the_file_and_without_a_rule() -> None:
    text = TEXT.replace("url: https://example.org\n", "")
    written = with_counts(text, {"test": Counts(2, "c" * 64, "d" * 64, None)})
    assert yaml.safe_load(written)["splits"]["test"]["n"] == 2
    assert "aside_checksum" not in written
    assert "    n: 3" in written


def test_a_split_in_braces_is_written_out() -> None:
    text = 'splits:\n  aside: {title: 全部, files: ["*.json"], held_out: true}\n'
    assert yaml.safe_load(with_counts(text, COUNTS))["splits"]["aside"] == {
        "title": "全部",
        "files": ["*.json"],
        "held_out": True,
        "n": 5,
        "checksum": "c" * 64,
        "gold_checksum": "d" * 64,
        "aside_checksum": "e" * 64,
    }


@pytest.mark.parametrize(
    "text",
    [
        "splits: {aside: {title: a, files: [a.json]}}\n",
        "splits:\n    aside:\n        title: a\n        files: [a.json]\n",
    ],
)
def test_a_layout_without_room_for_counts_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        with_counts(text, COUNTS)
    assert [problem.field for problem in refused.value.problems] == ["splits.aside"]

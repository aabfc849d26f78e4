"""Codes that say nothing beside another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhibian.quality.covered import is_covered, load_covers
from zhibian.review.reviewer import Reviewer


@pytest.mark.parametrize(
    ("code", "by", "expected"),
    [
        ("J98.414", "J69.001", True),
        ("J69.001", "J98.414", False),
        ("I50.101", "I11.002", True),
        ("K92.204", "K26.401", True),
        ("K92.204", "K26.900", False),
        ("Z95.500x002", "36.0700", True),
        ("I48.100", "I50.908", False),
    ],
)
def test_what_another_code_says_already(rules: Path, code: str, by: str, expected: bool) -> None:
    assert is_covered(code, by, load_covers(rules)) is expected


def test_every_row_names_families_that_exist(reviewer: Reviewer) -> None:
    for row in reviewer.doubt.covers:
        for family in (*row.codes, *row.by):
            code_set = reviewer.procedures if family[0].isdigit() else reviewer.diagnoses
            assert family in code_set or code_set.finer(family, 1), (row.id, family)

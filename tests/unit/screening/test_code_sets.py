"""Sets of codes as bits: ranges, exceptions, many sets, lists."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibian.screening.code_sets import CodeSet, Memberships, read_set

CODES = st.from_regex(r"\A[A-Z][0-9]{2}(\.[0-9x]{1,3})?\Z")


def test_a_range_compares_as_many_characters_as_its_ends_have() -> None:
    wanted = read_set("T80-T88.1 K35", {})
    codes = sorted(["T79.9", "T80.0", "T88.100", "T88.200", "K35.800", "K36.x00"])
    found = {code for code, holds in zip(codes, wanted.among(codes), strict=True) if holds}
    assert found == {"T80.0", "T88.100", "K35.800"}


@given(st.lists(CODES, min_size=1, unique=True), st.lists(st.tuples(CODES, CODES), min_size=1))
def test_bisection_says_what_comparing_each_code_says(
    codes: list[str], ends: list[tuple[str, str]]
) -> None:
    ranges = tuple((min(a, b)[:3], max(a, b)[:3]) for a, b in ends)
    ordered = sorted(codes)
    wanted = [
        any(low <= c[: len(low)] and c[: len(high)] <= high for low, high in ranges)
        for c in ordered
    ]
    assert CodeSet(ranges).among(ordered).tolist() == wanted


def test_exceptions_and_names() -> None:
    named = {"z": "Z00-Z99", "allowed": "Z51 Z45-Z50"}
    base, spared = read_set("@z", named), read_set("@allowed", named)
    codes = ["Z00.0", "Z47.0", "Z51.1", "Z98.8"]
    assert CodeSet(base.ranges, spared.ranges).among(codes).tolist() == [True, False, False, True]


@pytest.mark.parametrize("text", ["", "@unknown", "T88-T80", "-T80"])
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"set|range"):
        read_set(text, {})


def test_more_than_64_sets_take_a_second_word_and_lists_are_joined() -> None:
    sets = [read_set(f"A{number:02}", {}) for number in range(70)]
    members = Memberships(sets)
    assert members.words == 2
    found = members.of_lists(pl.Series(["A00.1", "A69.1", "A01.0"]), np.array([0, 2, 2, 3]))
    assert found.tolist() == [[1, 1 << 5], [0, 0], [2, 0]]
    codes = members.of_codes(pl.Series(["A69.9", None, "B00"], dtype=pl.String))
    assert codes.tolist() == [[0, 1 << 5], [0, 0], [0, 0]]

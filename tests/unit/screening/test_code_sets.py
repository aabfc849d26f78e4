"""Sets of codes as bits: exceptions, many sets, lists."""

from __future__ import annotations

import numpy as np
import polars as pl

from zhibian.quality.front_page.selectors import read_selector
from zhibian.screening.code_sets import Memberships


def test_more_than_64_sets_take_a_second_word_and_lists_are_joined() -> None:
    sets = [read_selector(f"A{number:02}", "", {}) for number in range(70)]
    members = Memberships(sets)
    assert members.words == 2
    found = members.of_lists(pl.Series(["A00.1", "A69.1", "A01.0"]), np.array([0, 2, 2, 3]))
    assert found.tolist() == [[1, 1 << 5], [0, 0], [2, 0]]
    codes = members.of_codes(pl.Series(["A69.9", None, "B00"], dtype=pl.String))
    assert codes.tolist() == [[0, 1 << 5], [0, 0], [0, 0]]


def test_what_a_set_leaves_out_is_not_in_it() -> None:
    members = Memberships([read_selector("Z00-Z99", "Z51 Z45-Z50", {})])
    codes = pl.Series(["Z00.0", "Z47.0", "Z51.1", "Z98.8"])
    assert members.of_codes(codes).ravel().tolist() == [1, 0, 0, 1]

"""Sets of codes by prefixes and ranges."""

from __future__ import annotations

import pytest

from zhibian.quality.front_page.selectors import SelectorError, read_selector

SETS = {"inner": "I10 I11", "outer": "@inner I20-I25 !I25.2", "self": "A00 @self"}


@pytest.mark.parametrize(
    ("text", "excluded", "code", "expected"),
    [
        ("I21", "", "I21.401", True),
        ("I21", "", "I22.000", False),
        ("O00-O99", "", "O99.800x001", True),
        ("O00-O99", "", "P00.000", False),
        ("T80-T88", "", "T88.900", True),
        ("99.00-99.07", "", "99.0700x001", True),
        ("99.00-99.07", "", "99.0800", False),
        ("65-75", "", "75.9900", True),
        ("V W X Y", "", "Y98.x00", True),
        ("Z00-Z99", "Z37 Z38", "Z37.000", False),
        ("J18.9", "", "J18.900", True),
        ("@outer", "", "I11.900", True),
        ("@outer", "", "I25.200", False),
        ("I00-I99", "@inner", "I10.x00x002", False),
        ("m80000/3", "", "M80000/3", True),
        ("i10.X00", "", "I10.x00x002", True),
    ],
)
def test_codes_of_a_set(text: str, excluded: str, code: str, expected: bool) -> None:
    selector = read_selector(text, excluded, SETS)
    assert (code in selector) is expected
    ordered = sorted(["A00.000", "M99.900", "Z99.900", code])
    kept, out = selector.spans(ordered)
    at = ordered.index(code)
    inside = any(s.start <= at < s.stop for s in kept)
    assert (inside and not any(s.start <= at < s.stop for s in out)) is expected


@pytest.mark.parametrize("text", ["", "肺炎", "I10-", "I20-I10", "@none", "@self", "I10-I11-I12"])
def test_text_that_names_no_codes(text: str) -> None:
    with pytest.raises(SelectorError):
        read_selector(text, "", SETS)

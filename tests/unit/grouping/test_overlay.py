"""Overlays: the difference of two schemes gives the second one back, and fits only its base."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibian.grouping.manifest import Tables
from zhibian.grouping.overlay import OverlayError, apply, difference, digest

CODES = [f"C{n}" for n in range(8)]


def _mdc(code: str, rule: str = "") -> dict[str, str]:
    return {"mdc": code, "name": code, "rule": rule, "order": "1"}


def tables(adrgs: dict[str, list[str]], **more: Any) -> Tables:
    """Return tables with one row a core group; categories and rules as little as possible."""
    made: Tables = {
        "mdc": [{**_mdc(m), "order": str(n)} for n, m in enumerate(adrgs, start=1)],
        "adrg": [
            {"adrg": a, "name": a, "rule": more.get(a, ""), "mdc": m, "order": str(n), "kind": "x"}
            for m, own in adrgs.items()
            for n, a in enumerate(own, start=1)
        ],
        "drg": [],
        "sets": [
            {"set": name, "type": "ZD", "code": code}
            for name, codes in more.get("sets", {}).items()
            for code in codes
        ],
        "cc": [{"code": c, "level": v, "table": "1"} for c, v in more.get("cc", {}).items()],
        "exclusions": [{"table": t, "code": c} for c, t in more.get("exclusions", {}).items()],
    }
    return made


@st.composite
def schemes(draw: st.DrawFn) -> Tables:
    codes = draw(st.permutations(CODES))
    cut = draw(st.integers(0, len(codes)))
    end = draw(st.integers(cut, len(codes)))
    some = st.lists(st.sampled_from(CODES), min_size=1, unique=True)
    names = st.sampled_from(["S1", "S2", "S3"])
    return tables(
        {"M1": list(codes[:cut]), "M2": list(codes[cut:end])},
        C0=draw(st.sampled_from(["", "0"])),
        sets=draw(st.dictionaries(names, some)),
        cc=draw(st.dictionaries(st.sampled_from(CODES), st.sampled_from(["MCC", "CC"]))),
        exclusions=draw(st.dictionaries(st.sampled_from(CODES), st.sampled_from(["1", "2"]))),
    )


@given(schemes(), schemes())
def test_base_and_difference_make_the_scheme(base: Tables, own: Tables) -> None:
    assert digest(apply(base, difference(base, own))) == digest(own)


@given(schemes())
def test_a_scheme_does_not_differ_from_itself(base: Tables) -> None:
    assert [rows for rows in difference(base, base).values() if rows] == []


def test_a_new_row_does_not_renumber_its_neighbours() -> None:
    changes = difference(tables({"M": ["A", "B", "C"]}), tables({"M": ["A", "N", "B", "C"]}))
    assert changes["adrg"] == [
        {"change": "added", "adrg": "N", "name": "N", "rule": "", "mdc": "M", "kind": "x",
         "after": "A"}
    ]  # fmt: skip


def test_a_set_is_written_against_the_nearest_set_of_the_base() -> None:
    base = tables({}, sets={"S1": ["a", "b", "c", "d"], "S2": ["x"]})
    own = tables({}, sets={"S1": ["a", "b", "c", "d"], "S2": ["a", "b", "c", "e"]})
    assert difference(base, own)["sets"] == [
        {"change": "changed", "set": "S2", "type": "ZD", "like": "S1", "add": "e", "remove": "d"}
    ]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("adrg", {"change": "removed", "adrg": "Z", "after": ""}),
        ("adrg", {"change": "changed", "adrg": "Z", "name": "", "rule": "", "mdc": "M",
                  "kind": "x", "after": ""}),
        ("adrg", {"change": "added", "adrg": "A", "name": "", "rule": "", "mdc": "M",
                  "kind": "x", "after": "^"}),
        ("adrg", {"change": "added", "adrg": "Z", "name": "", "rule": "", "mdc": "M",
                  "kind": "x", "after": "Y"}),
        ("adrg", {"change": "added", "adrg": "Z", "name": "", "rule": "", "mdc": "M",
                  "kind": "x", "after": ""}),
        ("sets", {"change": "removed", "set": "Z", "type": "", "like": "", "add": "",
                  "remove": ""}),
        ("sets", {"change": "changed", "set": "S", "type": "ZD", "like": "Z", "add": "",
                  "remove": ""}),
        ("sets", {"change": "changed", "set": "S", "type": "ZD", "like": "S", "add": "",
                  "remove": "q"}),
        ("cc", {"change": "removed", "code": "q", "level": "", "table": ""}),
        ("cc", {"change": "added", "code": "c", "level": "CC", "table": "1"}),
    ],
)  # fmt: skip
def test_an_overlay_fits_only_its_base(table: Any, row: dict[str, str]) -> None:
    base = tables({"M": ["A"]}, sets={"S": ["a"]}, cc={"c": "CC"})
    with pytest.raises(OverlayError):
        apply(base, {table: [row]})

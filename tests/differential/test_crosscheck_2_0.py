"""CHS-DRG 2.0: the rules of the pack have the kinds and sizes of the second transcription."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from zhibian.grouping import RulePack, load_scheme
from zhibian.grouping.language import conjuncts, render, sets_of

SIZES = re.compile(r"; sizes ([\d,]+)$")
SECTIONS = {
    "main_dx": "ZYZD",
    "other_dx": "QTZD",
    "any_dx": "{ZYZD,QTZD}",
    "main_proc": "ZYSS",
    "any_proc": "{ZYSS,QTSS}",
}


@pytest.fixture(scope="module")
def pack(rules: Path) -> RulePack:
    return load_scheme(rules, "chs-drg-2.0")


@pytest.fixture(scope="module")
def second(shared: Path) -> dict[str, str]:
    """What the second transcription says of each compared core group."""
    path = shared / "facts" / "chs-drg-2.0" / "crosscheck_2.0.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        return {r["adrg"]: r["condition_there"] for r in csv.DictReader(handle)}


def test_lists_have_the_sizes_of_the_second_transcription(
    pack: RulePack, second: dict[str, str]
) -> None:
    compared = 0
    for code, there in second.items():
        sizes = SIZES.search(there)
        if sizes is None:
            continue
        adrg = pack.adrg(code)
        assert adrg is not None
        here = sorted(len(pack.sets[name]) for name in sets_of(adrg.rule.condition))
        assert here == sorted(int(n) for n in sizes[1].split(",")), code
        compared += 1
    assert compared == 68


def test_plain_conjunctions_ask_the_same_positions(pack: RulePack, second: dict[str, str]) -> None:
    compared = 0
    for code, there in second.items():
        said = SIZES.sub("", there).strip()
        if any(section not in SECTIONS for section in said.split(" & ")):
            continue
        adrg = pack.adrg(code)
        assert adrg is not None
        parts = [render(part).split(" in ")[0] for part in conjuncts(adrg.rule.condition)]
        asked = [part for part in parts if not part.startswith("XSRT")]
        assert asked == [SECTIONS[s] for s in said.split(" & ")], code
        compared += 1
    assert compared == 81

"""What other schemes say where CHS-DRG 1.1 contradicts itself (更正依据), from the facts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

MEDICAL_FROM = "R"
# A correction needs this many of the three kinds of witnesses: regional schemes, 1.0, 2.0.
WITNESSES = 2


@cache
def transcription(folder: Path) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return core groups and categories of a scheme as transcribed."""
    adrgs = json.loads((folder / "adrg.json").read_text("utf-8"))["adrgs"]
    mdcs = json.loads((folder / "mdc.json").read_text("utf-8"))["mdcs"]
    return adrgs, {m["mdc"]: m for m in mdcs}


def regional(facts: Path) -> list[Path]:
    """Return the folders of the regional schemes."""
    return sorted(p for p in (facts / "regional").iterdir() if (p / "adrg.json").is_file())


def principals_into_their_category(facts: Path) -> dict[str, set[str]]:
    """Return codes that a core group lists and no category has, by the category of the group.

    Groups of one category are the only ones that name such a code, so that there is one place
    where it can belong.
    """
    adrgs, mdcs = transcription(facts / "chs-drg-1.1")
    known = {c for m in mdcs.values() for c in m["main_dx"]}
    listed: dict[str, set[str]] = defaultdict(set)
    for adrg in adrgs:
        if adrg["cond"].get("main_dx_in"):
            for code in set(adrg["dx"]) - known:
                listed[code].add(adrg["mdc"])
    valid = set(_codes(facts))
    found: dict[str, set[str]] = defaultdict(set)
    for code, owners in listed.items():
        if len(owners) == 1 and code in valid:
            found[next(iter(owners))].add(code)
    return dict(found)


def medical_groups(facts: Path, wanted: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return codes by the medical group that at least two kinds of witnesses name, and none denies.

    Parameters
    ----------
    facts
        Folder of the transcriptions.
    wanted
        (code, category) of diagnoses of a category that none of its medical groups lists.
    """
    regions = [_medical(transcription(p)[0]) for p in regional(facts)]
    first = _medical(transcription(facts / "chs-drg-1.0")[0])
    second = _medical_of_2_0(transcription(facts / "chs-drg-2.0")[0])
    own = {a["adrg"] for a in transcription(facts / "chs-drg-1.1")[0]}
    found: dict[str, set[str]] = defaultdict(set)
    for code, mdc in wanted:
        kinds = [
            {g for region in regions for g in region.get(code, ()) if g[0] == mdc[-1]},
            {g for g in first.get(code, ()) if g[0] == mdc[-1]},
            {g for g in second.get(code, ()) if g[0] == mdc[-1]},
        ]
        named = set().union(*kinds)
        # OR1 asks for an outcome, also among the other diagnoses: another correction's matter.
        if named == {"OR1"}:
            continue
        if len(named) == 1 and sum(map(bool, kinds)) >= WITNESSES and named <= own:
            found[named.pop()].add(code)
    return dict(found)


def _medical(adrgs: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Return the medical groups that list a code as principal diagnosis."""
    found: dict[str, set[str]] = defaultdict(set)
    for adrg in adrgs:
        cond = adrg["cond"]
        if adrg["adrg"][1] >= MEDICAL_FROM and cond.get("main_dx_in") and not cond.get("has_proc"):
            for code in adrg["dx"]:
                found[code].add(adrg["adrg"])
    return found


def _medical_of_2_0(adrgs: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for adrg in adrgs:
        if adrg["adrg"][1] < MEDICAL_FROM:
            continue
        names = {
            term["main_dx"] for choice in adrg["any_of"] for term in choice if "main_dx" in term
        }
        for code in (c for name in names for c in adrg["lists"].get(name, ())):
            found[code].add(adrg["adrg"])
    return found


@cache
def _codes(facts: Path) -> frozenset[str]:
    lines = (facts / "terminology" / "dx_names.csv").read_text("utf-8").splitlines()[1:]
    return frozenset(line.split(",", 1)[0] for line in lines)

"""Plant errors in right front pages (埋错): a measured test of screening, from any gold records.

A page begins as the gold page and is given the errors of one kind, drawn with a fixed seed:

- omission: one or two CC/MCC diagnoses or procedures are taken away; where the code set has a
  diagnosis of the same category and lower level, half of the diagnoses are understated instead;
- unsupported: a CC/MCC is added, half the time from a family that the record denies or tells of
  the past (``must_not``), else one that another record of the folder has and this one has not;
- principal: the principal diagnosis and another diagnosis of another category change places;
- entry condition: one is turned from present to not present or back;
- right: nothing is changed.

Nothing here looks at what screening finds.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from zhibian.evaluation.matching import NEUTRAL_DIAGNOSES, NEUTRAL_PROCEDURES
from zhibian.quality.flags import LevelOf
from zhibian.terminology.code_set import CodeSet

Kind = Literal["right", "omission", "unsupported", "principal", "entry"]

_CATEGORY = 3
_CODES_A_FAMILY = 400
_TURNED = {"1": "4", "4": "1"}
#: Share of each kind of page; 40 % are right, as among the sample cases.
SHARES: Mapping[Kind, float] = {
    "right": 0.40,
    "omission": 0.30,
    "unsupported": 0.15,
    "principal": 0.075,
    "entry": 0.075,
}
#: Share of omissions with two codes, of diagnoses that are understated, of additions that the
#: record denies.
TWO_CODES = UNDERSTATED = DENIED = 0.5


@dataclass(frozen=True, slots=True)
class Material:
    """What errors are made of (埋错材料).

    Attributes
    ----------
    diagnoses
        Code set, for codes of denied families and for understated diagnoses.
    level_of
        Level of a diagnosis under the scheme.
    elsewhere
        CC/MCC that other records have.
    """

    diagnoses: CodeSet
    level_of: LevelOf
    elsewhere: tuple[str, ...]


def material(golds: Sequence[Mapping[str, Any]], diagnoses: CodeSet, level_of: LevelOf) -> Material:
    """Return what errors in these records are made of."""
    codes = {line["code"] for gold in golds for line in gold["others"]}
    return Material(diagnoses, level_of, tuple(sorted(c for c in codes if level_of(c) != "none")))


def planted_cases(
    raw: Mapping[str, Any], rounds: int, seed: int, stuff: Material
) -> Iterator[dict[str, Any]]:
    """Yield a case with its page planted anew, several times.

    Parameters
    ----------
    raw
        A parsed case with a ``gold`` block.
    rounds
        How many pages.
    seed
        Seed; the draws of a record depend on it and on the record's id, not on its neighbours.
    stuff
        From :func:`material`.

    Yields
    ------
    dict
        The case with ``coded_front_page`` replaced, ``gold.planted`` telling what was done, and
        an id of its own; ``gold.planted.record`` is the id of the record.
    """
    for turn in range(rounds):
        dice = random.Random(f"{seed}/{raw['id']}/{turn}")
        kind = dice.choices(list(SHARES), weights=list(SHARES.values()))[0]
        page = _gold_page(raw["gold"])
        planted = _PLANTERS[kind](page, raw["gold"], dice, stuff)
        case = copy.deepcopy(dict(raw))
        case["id"] = f"{raw['id']}-{turn + 1}"
        case["coded_front_page"] = page
        case["gold"]["planted"] = {
            "missed": [],
            "unsupported": [],
            "wrong_principal": False,
            "entry": [],
            "record": raw["id"],
            **planted,
        }
        yield case


def _gold_page(gold: Mapping[str, Any]) -> dict[str, Any]:
    def diagnosis(line: Mapping[str, Any]) -> dict[str, Any]:
        return {"code": line["code"], "name": line.get("name", ""), "poa": line.get("poa")}

    return {
        "principal": diagnosis(gold["principal"]),
        "others": [diagnosis(line) for line in gold["others"]],
        "procedures": [
            {"code": line["code"], "name": line.get("name", "")} for line in gold["procedures"]
        ],
    }


Page = dict[str, Any]
Planter = Callable[[Page, Mapping[str, Any], random.Random, Material], dict[str, Any]]


def _right(page: Page, gold: Mapping[str, Any], dice: random.Random, stuff: Material) -> Page:
    return {}


def _omission(page: Page, gold: Mapping[str, Any], dice: random.Random, stuff: Material) -> Page:
    lines = [
        *(line for line in page["others"] if _can_be_missed(line["code"], page, stuff)),
        *(p for p in page["procedures"] if not p["code"].startswith(NEUTRAL_PROCEDURES)),
    ]
    count = 2 if dice.random() < TWO_CODES else 1
    gone = dice.sample(lines, min(count, len(lines)))
    for line in gone:
        part = page["others"] if line in page["others"] else page["procedures"]
        place = part.index(line)
        del part[place]
        lesser = _understated(line["code"], gold, stuff) if "poa" in line else ()
        if lesser and dice.random() < UNDERSTATED:
            code = dice.choice(lesser)
            stated = {"code": code, "name": stuff.diagnoses.name(code), "poa": line["poa"]}
            part.insert(place, stated)
    return {"missed": [line["code"] for line in gone]}


def _can_be_missed(code: str, page: Page, stuff: Material) -> bool:
    """Tell whether taking the code away leaves nothing of its category on the page."""
    if stuff.level_of(code) == "none" or code.startswith(NEUTRAL_DIAGNOSES):
        return False
    lines = (page["principal"], *page["others"])
    categories = [str(line["code"])[:_CATEGORY] for line in lines]
    return categories.count(code[:_CATEGORY]) == 1


def _understated(code: str, gold: Mapping[str, Any], stuff: Material) -> tuple[str, ...]:
    """Return unspecified codes of the category that are no CC and not acceptable either."""
    accepted = gold.get("acceptable", {}).get(code, ())
    return tuple(
        entry.code
        for entry in stuff.diagnoses.finer(f"{code[:_CATEGORY]}.9", _CODES_A_FAMILY)
        if entry.code not in accepted
        and stuff.level_of(entry.code) == "none"
        and not entry.grey
        and "x" not in entry.code[5:]
    )


def _unsupported(page: Page, gold: Mapping[str, Any], dice: random.Random, stuff: Material) -> Page:
    denied = _denied(gold, stuff)
    if denied and dice.random() < DENIED:
        code = dice.choice(denied[dice.randrange(len(denied))])
    else:
        strange = [c for c in stuff.elsewhere if not _is_told(c, gold)]
        if not strange:
            return {}
        code = dice.choice(strange)
    page["others"].append({"code": code, "name": stuff.diagnoses.name(code), "poa": "1"})
    return {"unsupported": [code]}


def _denied(gold: Mapping[str, Any], stuff: Material) -> list[list[str]]:
    """Return, for each denied family that gold does not touch, its CC/MCC."""
    families = (row["code_family"] for row in gold.get("must_not", ()))
    found = [
        [
            entry.code
            for entry in stuff.diagnoses.finer(family, _CODES_A_FAMILY)
            if stuff.level_of(entry.code) != "none" and not entry.grey
        ]
        for family in families
        if family[:1].isalpha() and not _is_told(family, gold)
    ]
    return [codes for codes in found if codes]


def _is_told(code: str, gold: Mapping[str, Any]) -> bool:
    """Tell whether gold has a code of this category, or accepts one."""
    codes = [gold["principal"]["code"], *(line["code"] for line in gold["others"])]
    codes += [other for accepted in gold.get("acceptable", {}).values() for other in accepted]
    categories = {str(other)[:_CATEGORY] for other in codes}
    return code[:_CATEGORY] in categories


def _principal(page: Page, gold: Mapping[str, Any], dice: random.Random, stuff: Material) -> Page:
    right = page["principal"]
    accepted = {right["code"], *gold.get("acceptable", {}).get(right["code"], ())}
    categories = {code[:_CATEGORY] for code in accepted}
    places = [
        place
        for place, line in enumerate(page["others"])
        if line["code"][:_CATEGORY] not in categories
        and not line["code"].startswith(NEUTRAL_DIAGNOSES)
    ]
    if not places:
        return {}
    place = dice.choice(places)
    page["principal"], page["others"][place] = page["others"][place], right
    return {"wrong_principal": True}


def _entry(page: Page, gold: Mapping[str, Any], dice: random.Random, stuff: Material) -> Page:
    lines = [line for line in (page["principal"], *page["others"]) if line["poa"] in _TURNED]
    if not lines:
        return {}
    line = dice.choice(lines)
    line["poa"] = _TURNED[line["poa"]]
    return {"entry": [line["code"]]}


_PLANTERS: Mapping[Kind, Planter] = {
    "right": _right,
    "omission": _omission,
    "unsupported": _unsupported,
    "principal": _principal,
    "entry": _entry,
}

"""Names whose meaning the record decides (语境定义): AS, MAP, 腔梗, 血胸.

An abbreviation such as AS is ankylosing spondylitis on one ward and aortic stenosis on another;
低蛋白 is a diagnosis as an entry of a list and a diet elsewhere; 血胸 after a crash is an injury.
The table names for each meaning the code, the place where the words may stand, and the departments
and words of a record that speak for it. The meaning for which most speaks is taken, in the whole
record; where two are equally well spoken for, none is.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from zhibian.coding.dictionary import ALIASES, Dictionary
from zhibian.coding.types import Term
from zhibian.documents.normalise import normalise
from zhibian.documents.types import ListItem, Mention, Reading, SectionKind
from zhibian.problems import InputError, Problem

TABLE = ALIASES / "in-context.csv"
COLUMNS = ("wording", "code", "name", "place", "departments", "words")
Place = Literal["alone", "list", "anywhere"]

_LISTS = frozenset(
    {
        SectionKind.ADMISSION_DIAGNOSIS,
        SectionKind.REVISED_DIAGNOSIS,
        SectionKind.DISCHARGE_DIAGNOSIS,
        SectionKind.PREOPERATIVE_DIAGNOSIS,
        SectionKind.POSTOPERATIVE_DIAGNOSIS,
    }
)
# Sections that speak of other times, other people or other diseases (否认外伤史, 与主动脉夹层鉴别).
_ASIDE = frozenset(
    {
        SectionKind.PAST_HISTORY,
        SectionKind.PERSONAL_HISTORY,
        SectionKind.MARITAL_HISTORY,
        SectionKind.FAMILY_HISTORY,
        SectionKind.MATERNAL_HISTORY,
        SectionKind.DIFFERENTIAL_DIAGNOSIS,
    }
)
# The department weighs as much as two words of the record.
_DEPARTMENT = 2
_OPENS = ("、", ",", ";", ":", "+", "/", "(", "伴", "并", "及", "和")
_AMOUNT = re.compile(r"[^\s\d:;,、。.][ ]?(?:\d+\.)?\d+[ ]?\Z")
_AMOUNT_REACH = 12
_CLOSES = ("、", ",", ";", "+", "/", "(", ")", "?", " ", "伴", "并", "及", "和", "待", "恢复期")


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning of a wording (词义).

    Attributes
    ----------
    code
        What it stands for.
    place
        ``alone``: the wording is a name of its own in a diagnosis list; ``list``: it stands
        anywhere in an entry of one; ``anywhere``: also in running text.
    departments, words
        What speaks for this meaning. A meaning with neither is what the wording usually means.
    """

    code: str
    place: Place
    departments: tuple[str, ...]
    words: tuple[str, ...]


Senses = Mapping[str, tuple[Sense, ...]]


def load_senses(rules: Path) -> Senses:
    """Read the table of meanings, by normalised wording.

    Raises
    ------
    InputError
        The table is absent, lacks a column or names a place that doesn't exist.
    """
    senses: dict[str, list[Sense]] = defaultdict(list)
    try:
        with (rules / TABLE).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                senses[normalise(row["wording"])].append(_sense(row))
    except (OSError, KeyError, ValueError) as bad:
        raise InputError(
            TABLE.name,
            [
                Problem(
                    str(TABLE),
                    "rules_unreadable",
                    f"语境词义表无法读取（{type(bad).__name__}）",
                    "恢复随程序发布的 rules 文件夹，或用 ZHIBIAN_RULES 指定",
                )
            ],
        ) from None
    return {wording: tuple(meanings) for wording, meanings in senses.items()}


def _sense(row: Mapping[str, str]) -> Sense:
    place = next((known for known in get_args(Place) if known == row["place"]), None)
    if place is None:
        raise ValueError
    return Sense(
        row["code"],
        place,
        tuple(row["departments"].split()),
        tuple(normalise(word) for word in row["words"].split()),
    )


def in_context(
    mentions: Sequence[Mention],
    reading: Reading,
    department: str | None,
    terms: Dictionary,
    senses: Senses,
    lead_ins: Sequence[str],
) -> tuple[tuple[Mention, ...], Dictionary]:
    """Decide what the wordings of the table mean in this record.

    Parameters
    ----------
    mentions
        Everything found in the record.
    reading
        The record.
    department
        Department of discharge, when known.
    terms
        Dictionary of diagnoses.
    senses
        From :func:`load_senses`.
    lead_ins
        Words of side, course or degree that may stand before a name (左, 急性, 重度).

    Returns
    -------
    tuple of mentions and Dictionary
        Mentions without those that mean nothing where they stand, and the dictionary with what
        the wordings mean here.
    """
    present = {mention.term for mention in mentions if mention.term in senses}
    if not present:
        return tuple(mentions), terms
    story = _story(reading)
    meant = {
        wording: sense
        for wording in present
        if (sense := _meaning(senses[wording], story, department or "")) is not None
    }
    kept = tuple(
        mention
        for mention in mentions
        if mention.term in terms.terms
        or (sense := meant.get(mention.term)) is None
        or _fits(mention, sense.place, reading, lead_ins)
    )
    told = {wording: Term(wording, (sense.code,), "alias") for wording, sense in meant.items()}
    return kept, replace(terms, told=told)


def _story(reading: Reading) -> str:
    """Return what the record tells of this patient and this illness."""
    return "\n".join(
        reading.normalised[section.span.document][section.span.start : section.span.end]
        for section in reading.sections
        if section.kind not in _ASIDE
    )


def _meaning(senses: Sequence[Sense], story: str, department: str) -> Sense | None:
    """Return the meaning for which most speaks; None where nothing or two alike do."""
    scored = [(_spoken_for(sense, story, department), sense) for sense in senses]
    scored = [
        (score, sense) for score, sense in scored if score or not (sense.words or sense.departments)
    ]
    best = max((score for score, _ in scored), default=0)
    leading = [sense for score, sense in scored if score == best]
    return leading[0] if len(leading) == 1 else None


def _spoken_for(sense: Sense, story: str, department: str) -> int:
    words = sum(word in story for word in sense.words)
    return words + _DEPARTMENT * any(name in department for name in sense.departments)


def _fits(mention: Mention, place: Place, reading: Reading, lead_ins: Sequence[str]) -> bool:
    if place == "anywhere":
        return True
    if mention.item is None or mention.section not in _LISTS:
        return False
    return place == "list" or _is_alone(mention, reading.items[mention.item], reading, lead_ins)


def _is_alone(mention: Mention, item: ListItem, reading: Reading, lead_ins: Sequence[str]) -> bool:
    """Tell whether a mention is a name of its own: ``低蛋白`` is, in ``低蛋白饮食`` it is not."""
    text = reading.normalised[mention.span.document]
    before = text[item.span.start : mention.span.start]
    after = text[mention.span.end : item.span.end]
    lead = max((word for word in lead_ins if before.endswith(word)), key=len, default="")
    before = before.removesuffix(lead)
    # A blank divides names, but not a number from its unit (100 mg).
    if _AMOUNT.search(text, max(0, mention.span.start - _AMOUNT_REACH), mention.span.start):
        return False
    opens = not before.strip() or before.endswith(" ") or before.endswith(_OPENS)
    return opens and (not after or after.startswith(_CLOSES))

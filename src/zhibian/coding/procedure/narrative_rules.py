"""Statements of what was done, told without the name of a procedure (叙述规则).

``切除 & 胆囊`` is the act and the site that must stand close together in one sentence; approach,
device and the rest of the document then choose the code. All of it is data
(rules/coding/procedure/narrative).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.rulefile import read_rule_files
from zhibian.documents.matcher import TermMatcher
from zhibian.documents.normalise import normalise
from zhibian.documents.types import DocumentKind

FOLDER = Path("coding") / "procedure" / "narrative"
WORDS = "words.yaml"

# One place of a statement: any of these words fills it.
Slot = frozenset[str]
_DEFAULT_REACH = 30
_KINDS = {
    "operation": frozenset({DocumentKind.OPERATION}),
    "discharge": frozenset({DocumentKind.DISCHARGE_RECORD}),
    "report": frozenset({DocumentKind.REPORT}),
    "ward": frozenset(DocumentKind)
    - {DocumentKind.OPERATION, DocumentKind.REPORT, DocumentKind.PATHOLOGY},
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Codes that a statement takes where the words of its conditions stand."""

    sentence: tuple[Slot, ...]
    document: tuple[Slot, ...]
    without: Slot
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """What tells that a procedure was done, and its codes.

    Attributes
    ----------
    id
        Shown with the proposal.
    ways
        Each way to say it: slots that must all be filled within ``reach`` characters of one
        sentence.
    reach
        Longest stretch that the words may span.
    kinds
        Documents in which the statement counts.
    document, case
        Slots that must be filled anywhere in the same document, anywhere in the record.
    without, without_document
        Words that must not stand beside the statement, in the document.
    choices
        The first whose conditions hold gives the codes.
    nursing
        Whether nursing notes and orders alone prove it.
    surgery
        Whether a progress note counts only where it tells of an operation.
    """

    id: str
    ways: tuple[tuple[Slot, ...], ...]
    reach: int
    kinds: frozenset[DocumentKind]
    document: tuple[Slot, ...]
    case: tuple[Slot, ...]
    without: Slot
    without_document: Slot
    choices: tuple[Choice, ...]
    nursing: bool
    surgery: bool


@dataclass(frozen=True, slots=True)
class NarrativeRules:
    """All statements, found by the words of their first slot."""

    ids: frozenset[str]
    opened_by: Mapping[str, tuple[tuple[Statement, tuple[Slot, ...]], ...]]
    doubts: tuple[str, ...]
    doubts_in_operation: tuple[str, ...]
    doubts_behind: tuple[str, ...]
    idle: tuple[str, ...]
    sites: Slot
    assurances: re.Pattern[str]
    refusals: tuple[str, ...]
    surgery_marks: Slot
    past: tuple[str, ...]
    past_years: re.Pattern[str]
    past_behind: tuple[str, ...]
    matcher: TermMatcher


def load_narrative_rules(rules: Path) -> NarrativeRules:
    """Read the statements; InputError when a file is absent or malformed."""
    files = sorted(path.name for path in (rules / FOLDER).glob("*.yaml"))
    tables = [FOLDER / name for name in files] or [FOLDER / WORDS]
    return read_rule_files(rules, tables, _parse)


def _parse(raw: Mapping[str, Any]) -> NarrativeRules:
    groups = {name: _words(text, {}) for name, text in raw["groups"].items()}
    statements = tuple(
        _statement(row, groups) for key, rows in raw.items() if key.isupper() for row in rows
    )
    marks = _words(raw["surgery_marks"], {})
    opened: dict[str, list[tuple[Statement, tuple[Slot, ...]]]] = {}
    for statement in statements:
        for way in statement.ways:
            for word in way[0]:
                opened.setdefault(word, []).append((statement, way))
    return NarrativeRules(
        ids=frozenset(statement.id for statement in statements),
        opened_by={word: tuple(ways) for word, ways in opened.items()},
        doubts=tuple(_words(raw["doubts"], {})),
        doubts_behind=tuple(_words(raw["doubts_behind"], {})),
        idle=tuple(_words(raw["idle"], {})),
        sites=_words(raw["sites"], {}),
        doubts_in_operation=tuple(_words(raw["doubts_in_operation"], {})),
        assurances=re.compile("|".join(raw["assurances"])),
        refusals=tuple(_words(raw["refusals"], {})),
        surgery_marks=marks,
        past=tuple(_words(raw["past"], {})),
        past_years=re.compile(raw["past_years"]),
        past_behind=tuple(_words(raw["past_behind"], {})),
        matcher=TermMatcher({*marks, *(word for s in statements for word in _all_words(s))}),
    )


def _statement(row: Mapping[str, Any], groups: Mapping[str, Slot]) -> Statement:
    places = row.get("in", "operation ward").split()
    return Statement(
        id=row["id"],
        ways=tuple(_slots(way, groups) for way in row["say"]),
        reach=int(row.get("reach", _DEFAULT_REACH)),
        kinds=frozenset().union(*(_KINDS[place] for place in places)),
        document=_slots(row.get("document", ""), groups),
        case=_slots(row.get("case", ""), groups),
        without=_words(row.get("without", ""), groups),
        without_document=_words(row.get("without_document", ""), groups),
        choices=tuple(_choice(choice, groups) for choice in row["codes"]),
        nursing=bool(row.get("nursing", False)),
        surgery="ward" not in places,
    )


def _choice(row: str | Mapping[str, Any], groups: Mapping[str, Slot]) -> Choice:
    if isinstance(row, str):
        row = {"code": row}
    codes = row["code"]
    return Choice(
        _slots(row.get("if", ""), groups),
        _slots(row.get("document", ""), groups),
        _words(row.get("without", ""), groups),
        # A code is written with its official name behind it, for the reader and as a check.
        tuple(code.split()[0] for code in ([codes] if isinstance(codes, str) else codes)),
    )


def _slots(text: str, groups: Mapping[str, Slot]) -> tuple[Slot, ...]:
    return tuple(_words(part, groups) for part in text.split("&") if part.strip())


def _words(text: str, groups: Mapping[str, Slot]) -> Slot:
    words: set[str] = set()
    for word in (part.strip() for part in text.split("|")):
        if word.startswith("@"):
            words |= groups[word[1:]]
        elif word:
            words.add(normalise(word))
    return frozenset(words)


def _all_words(statement: Statement) -> Iterator[str]:
    for way in statement.ways:
        for slot in way:
            yield from slot
    yield from statement.without
    yield from statement.without_document
    for slot in (*statement.document, *statement.case):
        yield from slot
    for choice in statement.choices:
        yield from choice.without
        for slot in (*choice.sentence, *choice.document):
            yield from slot

"""Rules of procedure coding (手术操作编码规则), read from rules/coding/procedure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from zhibian.coding.procedure.narrative_rules import NarrativeRules, load_narrative_rules
from zhibian.coding.rulefile import read_rule_file, read_rule_files
from zhibian.documents.types import DocumentKind, SectionKind

FOLDER = Path("coding") / "procedure"
# One file a question; together they are the rules.
FILES = ("reading", "detail", "quantities", "companions", "merges", "omissions", "principal")
VERBS = Path("lexicons") / "procedure_verbs.yaml"

Meaning = Literal["done", "planned", "not_done", "historical"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where procedures are taken from, and how far the place is trusted, 0 to 1."""

    id: str
    documents: frozenset[DocumentKind]
    sections: frozenset[SectionKind]
    trust: float
    needs_verb: bool


@dataclass(frozen=True, slots=True)
class VerbGroup:
    """Words before or after a procedure that say whether it was done (动词组)."""

    meaning: Meaning
    before: bool
    window: int
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refinement:
    """A code that becomes a finer one where certain words stand (细化)."""

    id: str
    explanation: str
    origin: tuple[str, ...]
    whole_document: bool
    any_of: tuple[str, ...]
    none_of: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Band:
    """Numbers from ``at_least`` up to, not including, ``below`` give ``code``."""

    at_least: float
    below: float
    code: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in the text that decides a code (按数量取码).

    ``combine`` is ``sum``, ``longest``, ``distinct`` (how many of ``groups`` are named) or
    ``vertebrae`` (how many the named stretches of the spine hold). ``each`` finds pieces told
    without a number, one each.
    ``start_terms`` and ``end_terms`` bound an interval between two written times, in hours.
    """

    id: str
    explanation: str
    applies_to: tuple[str, ...]
    mention_terms: tuple[str, ...]
    exclude_terms: tuple[str, ...]
    combine: Literal["sum", "longest", "distinct", "vertebrae"]
    patterns: tuple[tuple[re.Pattern[str], float], ...]
    each: tuple[re.Pattern[str], ...]
    groups: Mapping[str, tuple[str, ...]]
    start_terms: tuple[str, ...]
    end_terms: tuple[str, ...]
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class ContextTerm:
    """An elliptical name that takes its code from the words around it (省略写法).

    ``choices`` are words and the code that they lead to; the first that fits counts.
    """

    id: str
    explanation: str
    whole_document: bool
    choices: tuple[tuple[tuple[str, ...], str], ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """Codes that ICD-9-CM-3 joins into one (合并编码)."""

    id: str
    explanation: str
    parts: tuple[tuple[str, ...], ...]
    target: str


@dataclass(frozen=True, slots=True)
class Companion:
    """A code that goes with another (另编码)."""

    id: str
    explanation: str
    if_any: tuple[str, ...]
    evidence_any: tuple[str, ...]
    evidence_none: tuple[str, ...]
    then: tuple[str, ...]
    unless_any: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Omission:
    """Codes left out beside others: approach, exploration, closing (省略).

    ``same_day`` keeps them where they were done on another day than the others.
    """

    id: str
    explanation: str
    omit: tuple[str, ...]
    beside: tuple[str, ...]
    same_day: bool


@dataclass(frozen=True, slots=True)
class NotProposed:
    """Codes that are not proposed by default: routine care (不默认提出).

    In a department whose name holds one of ``unless_departments`` they are the treatment itself.
    """

    id: str
    prefixes: tuple[str, ...]
    exceptions: tuple[str, ...]
    unless_departments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProcedureRules:
    """All rules of procedure coding."""

    narrative: NarrativeRules
    numerals: Mapping[str, int]
    places: tuple[Place, ...]
    verbs: tuple[VerbGroup, ...]
    done_before_admission: Mapping[SectionKind, tuple[str, ...]]
    context_terms: Mapping[str, ContextTerm]
    refinements: tuple[Refinement, ...]
    quantities: tuple[Quantity, ...]
    merges: tuple[Merge, ...]
    companions: tuple[Companion, ...]
    omissions: tuple[Omission, ...]
    not_proposed: tuple[NotProposed, ...]
    anaesthesia_words: tuple[str, ...]
    anaesthesia_codes: tuple[str, ...]
    first_codes: tuple[str, ...]
    class_order: tuple[str, ...]
    outranks: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    never_first: tuple[str, ...]
    approach_id: str
    approach_explanation: str
    approaches: tuple[str, ...]
    side_by_side: tuple[str, ...]
    specimens: tuple[str, ...]
    within_words: tuple[str, ...]
    done_verbs: tuple[str, ...]
    imaging_before: tuple[str, ...]
    lead_ins: tuple[str, ...]
    clause_marks: str


def load_procedure_rules(rules: Path) -> ProcedureRules:
    """Read the rules of procedure coding; InputError when absent or malformed."""
    verbs = read_rule_file(rules, VERBS, lambda raw: tuple(_verb(row) for row in raw["groups"]))
    tables = [FOLDER / f"{name}.yaml" for name in FILES]
    narrative = load_narrative_rules(rules)
    return read_rule_files(rules, tables, lambda raw: _parse(raw, verbs, narrative))


def _parse(
    raw: Mapping[str, Any], verbs: tuple[VerbGroup, ...], narrative: NarrativeRules
) -> ProcedureRules:
    principal = {row["rule"]: row for row in raw["principal"]}
    anaesthesia = raw["anaesthesia"]
    return ProcedureRules(
        narrative=narrative,
        numerals={word: int(number) for word, number in raw["numerals"].items()},
        places=tuple(_place(row) for row in raw["evidence_places"]),
        verbs=verbs,
        done_before_admission={
            SectionKind(name): tuple(row["exceptions"])
            for row in raw["excluded_sections"]
            for name in row["sections"]
        },
        context_terms={
            term: _context(row) for row in raw["context_terms"] for term in row["terms"]
        },
        refinements=tuple(_refinement(row) for row in raw["refinements"]),
        quantities=tuple(_quantity(row) for row in raw["quantities"]),
        merges=tuple(
            Merge(
                row["id"],
                row["explanation"],
                tuple(tuple(part) for part in row["parts"]),
                row["to"],
            )
            for row in raw["merges"]
        ),
        companions=tuple(_companion(row) for row in raw["companions"]),
        omissions=tuple(
            Omission(
                row["id"],
                row["explanation"],
                tuple(row["omit_prefixes"]),
                tuple(row["with_prefixes"]),
                bool(row.get("same_day", False)),
            )
            for row in raw["omissions"]
        ),
        not_proposed=tuple(
            NotProposed(
                row["id"],
                tuple(row["prefixes"]),
                tuple(row["exceptions"]),
                tuple(row.get("unless_departments", ())),
            )
            for row in raw["not_proposed"]
        ),
        anaesthesia_words=tuple(word for row in anaesthesia for word in row["terms"]),
        anaesthesia_codes=tuple(code for row in anaesthesia for code in row["omit_prefixes"]),
        first_codes=tuple(principal["prefer_codes"]["codes"]),
        class_order=tuple(principal["class_order"]["classes"]),
        outranks=tuple(
            (tuple(pair["first"]), tuple(pair["over"])) for pair in principal["outranks"]["pairs"]
        ),
        never_first=tuple(principal["never_first"]["prefixes"]),
        approach_id=raw["approaches"]["id"],
        approach_explanation=raw["approaches"]["explanation"],
        approaches=tuple(raw["approaches"]["words"]),
        side_by_side=tuple(raw["side_by_side"]),
        specimens=tuple(raw["specimens"]),
        within_words=tuple(raw["within_words"]),
        done_verbs=tuple(raw["clauses"]["done_verbs"]),
        imaging_before=tuple(raw["imaging_before"]),
        lead_ins=tuple(raw["clauses"]["lead_ins"]),
        clause_marks=raw["clauses"]["marks"],
    )


def _verb(row: Mapping[str, Any]) -> VerbGroup:
    return VerbGroup(
        row["meaning"], row["position"] == "before", int(row["window"]), tuple(row["terms"])
    )


def _place(row: Mapping[str, Any]) -> Place:
    return Place(
        row["id"],
        frozenset(DocumentKind(name) for name in row["documents"]),
        frozenset(SectionKind(name) for name in row["sections"]),
        float(row["trust"]) / 100,
        bool(row["needs_verb"]),
    )


def _context(row: Mapping[str, Any]) -> ContextTerm:
    return ContextTerm(
        row["id"],
        row["explanation"],
        row["scope"] == "document",
        tuple((tuple(choice["any_of"]), choice["code"]) for choice in row["choices"]),
    )


def _refinement(row: Mapping[str, Any]) -> Refinement:
    return Refinement(
        row["id"],
        row["explanation"],
        tuple(row["from"]),
        row["scope"] == "document",
        tuple(row["any_of"]),
        tuple(row["none_of"]),
        row["to"],
    )


def _quantity(row: Mapping[str, Any]) -> Quantity:
    return Quantity(
        id=row["id"],
        explanation=row["explanation"],
        applies_to=tuple(row["applies_to"]),
        mention_terms=tuple(row["mention_terms"]),
        exclude_terms=tuple(row["exclude_terms"]),
        combine=row["combine"],
        patterns=tuple(
            (re.compile(pattern["regex"]), float(pattern["factor"]))
            for pattern in row.get("patterns", ())
        ),
        each=tuple(re.compile(pattern) for pattern in row.get("each", ())),
        start_terms=tuple(row.get("interval", {}).get("start_terms", ())),
        end_terms=tuple(row.get("interval", {}).get("end_terms", ())),
        groups={name: tuple(words) for name, words in row.get("groups", {}).items()},
        bands=tuple(
            Band(float(band.get("at_least", "-inf")), float(band.get("below", "inf")), band["code"])
            for band in row["bands"]
        ),
    )


def _companion(row: Mapping[str, Any]) -> Companion:
    return Companion(
        row["id"],
        row["explanation"],
        tuple(row["if_any"]),
        tuple(row["evidence_any"]),
        tuple(row.get("evidence_none", ())),
        tuple(row["then"]),
        tuple(row["unless_any"]),
    )

"""Which findings become proposed diagnoses (取舍): trust, refutation, one code a disease."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.combine import merged
from zhibian.coding.findings import confidence, is_refuted
from zhibian.coding.rulefile import read_rule_file
from zhibian.coding.sources import SourceTable
from zhibian.coding.types import Finding
from zhibian.documents.types import Reading
from zhibian.terminology.code_set import CodeSet

TABLE = Path("coding") / "selection.yaml"
# Evidence of rules/coding/implied.yaml: as deliberate as an entry of a diagnosis list.
IMPLIED = "implied-"
_UNLISTED = (sys.maxsize, sys.maxsize)


@dataclass(frozen=True, slots=True)
class SelectionRules:
    """What is proposed only from a list, never proposed, or coded once a disease.

    Attributes
    ----------
    never
        Code prefixes never proposed (external causes, organisms beside a disease …).
    only_listed
        Prefixes proposed only when a diagnosis list names them (states after operations …).
    only_discharged
        Prefixes proposed only when the discharge diagnosis list names them (symptoms …).
    status
        Prefixes of states after an operation; not proposed from an entry that names a disease.
    after_words, after_keeps, after_continued_by, after_continued_words
        Words behind a disease that say it was operated on before this stay; codes to which that
        does not apply; codes and words of the chief complaint that show that it is still treated.
    after_history
        Categories with the personal history that a discharge list names in this way.
    several
        Prefixes under which several codes may stand side by side (injuries, electrolytes …);
        elsewhere one code a subcategory (first four characters) is kept.
    unspecified
        Fourth characters that mean "unspecified" (9) and yield to a specific sibling.
    unspecified_stays
        Prefixes under which an unspecified code does not yield.
    last_resort, last_resort_beside, last_resort_from
        Prefixes proposed when nothing else is (a symptom that stayed unexplained), lasting
        diseases that do not explain them, and from which trust.
    link_threshold
        Least similarity, 0 to 1, at which a whole list entry is linked by spelling.
    covered_share
        A term that covers this share of its list entry needs no linking.
    linker_floor
        Least score, 0 to 1, of a trained linker's answer that is taken for a list entry.
    tagged_floor
        The same for a mention that only the tagger found, outside of diagnosis lists.
    """

    never: tuple[str, ...]
    only_listed: tuple[str, ...]
    only_discharged: tuple[str, ...]
    status: tuple[str, ...]
    after_words: tuple[str, ...]
    after_keeps: tuple[str, ...]
    after_continued_by: tuple[str, ...]
    after_continued_words: re.Pattern[str]
    after_history: tuple[tuple[tuple[str, ...], str], ...]
    several: tuple[str, ...]
    unspecified: tuple[str, ...]
    unspecified_stays: tuple[str, ...]
    last_resort: tuple[str, ...]
    last_resort_beside: tuple[str, ...]
    last_resort_from: float
    link_threshold: float
    covered_share: float
    linker_floor: float
    tagged_floor: float


def load_selection_rules(rules: Path) -> SelectionRules:
    """Read the rules; InputError when they are absent or malformed."""
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> SelectionRules:
    return SelectionRules(
        never=tuple(raw["never"]),
        only_listed=tuple(raw["only_listed"]),
        only_discharged=tuple(raw["only_discharged"]),
        status=tuple(raw["status"]),
        after_words=tuple(raw["after_operation"]["words"]),
        after_keeps=tuple(raw["after_operation"]["keeps"]),
        after_continued_by=tuple(raw["after_operation"]["continued_by"]),
        after_continued_words=re.compile(raw["after_operation"]["continued_words"]),
        after_history=tuple(
            (tuple(row["from"]), row["code"]) for row in raw["after_operation"]["history"]
        ),
        several=tuple(raw["several"]),
        unspecified=tuple(raw["unspecified"]),
        unspecified_stays=tuple(raw["unspecified_stays"]),
        last_resort=tuple(raw["last_resort"]["codes"]),
        last_resort_beside=tuple(raw["last_resort"]["beside"]),
        last_resort_from=float(raw["last_resort"]["from"]),
        link_threshold=float(raw["link_threshold"]),
        covered_share=float(raw["covered_share"]),
        linker_floor=float(raw["linker_floor"]),
        tagged_floor=float(raw["tagged_floor"]),
    )


def select(
    findings: Mapping[str, Finding],
    reading: Reading,
    table: SourceTable,
    rules: SelectionRules,
) -> dict[str, Finding]:
    """Return the findings that are trusted enough and not refuted.

    Parameters
    ----------
    findings
        Everything the record speaks of.
    reading
        The record.
    table
        Trust in places, with the threshold ``propose_from``.
    rules
        What is never or only sometimes proposed.
    """
    chosen = {
        code: finding
        for code, finding in findings.items()
        if finding.supporting
        and not code.startswith(rules.never)
        and (finding.listed is not None or not code.startswith(rules.only_discharged))
        and (_is_listed(finding) or not code.startswith(rules.only_listed))
        and confidence(finding, table) >= table.propose_from
        and not is_refuted(finding, findings, reading)
    }
    if not all(code.startswith(rules.last_resort_beside) for code in chosen):
        return chosen
    return {**_unexplained(findings, reading, rules, alone=not chosen), **chosen}


def _unexplained(
    findings: Mapping[str, Finding], reading: Reading, rules: SelectionRules, *, alone: bool
) -> dict[str, Finding]:
    """Return the symptom that brought the patient in, where the record explains it by nothing.

    Beside lasting diseases it counts only where the discharge list opens with it.
    """
    symptoms = [
        finding
        for code, finding in findings.items()
        if code.startswith(rules.last_resort)
        and finding.supporting
        and finding.supporting[0].weight >= rules.last_resort_from
        and (alone or _opens_list(finding, reading))
    ]
    best = max(symptoms, key=lambda finding: finding.supporting[0].weight, default=None)
    return {} if best is None else {best.code: best}


def _opens_list(finding: Finding, reading: Reading) -> bool:
    return finding.listed is not None and reading.items[finding.listed[0]].order == 0


def _is_listed(finding: Finding) -> bool:
    return any(
        "-list" in evidence.source or evidence.source.startswith(IMPLIED)
        for evidence in finding.supporting
    )


def one_code_a_disease(
    findings: Mapping[str, Finding], code_set: CodeSet, rules: SelectionRules
) -> dict[str, Finding]:
    """Keep the best code of each disease.

    Within a subcategory the most trusted, then the most specific code stays; an
    unspecified subcategory yields to a specific one of its category; a code whose
    words lie within the words of another code of the same category yields to it.
    """
    ranked = sorted(findings.values(), key=lambda f: _preference(f, code_set), reverse=True)
    kept: dict[str, Finding] = {}
    for finding in ranked:
        better = next((b for b in kept.values() if _covers(b, finding, rules)), None)
        if better is None:
            kept[finding.code] = finding
        else:
            kept[better.code] = merged(better.code, [better, finding])
    survivors = _most_exact({code: kept[code] for code in findings if code in kept})
    return _specific(survivors, rules)


def _specific(findings: Mapping[str, Finding], rules: SelectionRules) -> dict[str, Finding]:
    """Let unspecified codes yield to a specific one, which takes over their place and evidence."""
    current = dict(findings)
    for finding in findings.values():
        heirs = [other for other in current.values() if _yields(finding, other, rules)]
        if heirs:
            heir = min(heirs, key=lambda other: other.listed or _UNLISTED)
            current[heir.code] = merged(heir.code, [heir, current.pop(finding.code)])
    return current


def _most_exact(findings: Mapping[str, Finding]) -> dict[str, Finding]:
    """Let a heading yield to its own finer code, which takes over its place and evidence."""
    current = dict(findings)
    for code in findings:
        finer = next((other for other in current if other != code and other.startswith(code)), None)
        if finer is not None and "*" not in finer:
            current[finer] = merged(finer, [current[finer], current.pop(code)])
    return current


def _preference(finding: Finding, code_set: CodeSet) -> tuple[bool, float, int, int]:
    """Order competing codes: listed at discharge, trusted, not grey, longer words."""
    trusted = finding.supporting[0].weight if finding.supporting else 0.0
    return (
        finding.listed is not None,
        trusted - (0.2 if code_set.is_grey(finding.code) else 0.0),
        len(finding.term),
        len(finding.code),
    )


def _covers(better: Finding, finding: Finding, rules: SelectionRules) -> bool:
    if better.code[:3] != finding.code[:3]:
        return False
    if finding.term != better.term and finding.term in better.term:
        return True
    if finding.code.startswith(rules.several) or _is_double(better) != _is_double(finding):
        return False
    return better.code[:5] == finding.code[:5]


def _yields(finding: Finding, other: Finding, rules: SelectionRules) -> bool:
    return (
        not finding.code.startswith(rules.unspecified_stays)
        and _is_unspecified(finding.code, rules)
        and other.code[:3] == finding.code[:3]
        and other.code != finding.code
        and not _is_unspecified(other.code, rules)
    )


def _is_double(finding: Finding) -> bool:
    """Return whether a code joins a cause and its manifestation (双重编码, 剑号加星号)."""
    return "*" in finding.code


def _is_unspecified(code: str, rules: SelectionRules) -> bool:
    return len(code) > 4 and code[4] in rules.unspecified

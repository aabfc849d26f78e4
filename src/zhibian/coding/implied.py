"""Diagnoses that a record states without naming them (隐含的诊断).

The purpose of a stay (返院行第3周期化疗), the outcome of a delivery (娩出一活男婴), lymph
nodes in a pathology report (腋窝淋巴结4/18见癌转移): each has a code, and sentences that say
it. The rules are data (rules/coding/implied.yaml).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.findings import CodedMention
from zhibian.coding.rulefile import read_rule_file
from zhibian.coding.select import IMPLIED
from zhibian.documents.assertion import assert_mention
from zhibian.documents.lexicon import ReadingLexicon
from zhibian.documents.types import Assertion, Mention, Reading, SectionKind, Span

TABLE = Path("coding") / "implied.yaml"
_PRESENT = frozenset({Assertion.PRESENT, Assertion.POSSIBLE})


@dataclass(frozen=True, slots=True)
class Saying:
    """Words that say something, and the sections in which they count (表述)."""

    sections: frozenset[SectionKind]
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class ImpliedRule:
    """One rule: what must be said, beside which diagnoses, and the code that follows.

    Attributes
    ----------
    says
        Sayings that must all be found; each place found is evidence.
    asserted
        The assertion cues decide too; off where a saying holds words such as 拟行 itself.
    needs
        Groups of code prefixes; the record must state one of each.
    unless
        Code prefixes of which it must state none.
    codes
        Variants in order: a pattern over the stretch around the saying, or over ``scope``, and
        its code; the first that is found wins. An empty pattern always is.
    scope
        Sections over which variants are looked for; empty for the sentence of the saying.
    weight
        Trust in the code.
    """

    id: str
    explanation: str
    source: str
    says: tuple[Saying, ...]
    asserted: bool
    needs: tuple[tuple[str, ...], ...]
    unless: tuple[str, ...]
    codes: tuple[tuple[re.Pattern[str], str], ...]
    scope: frozenset[SectionKind]
    weight: float


def load_implied_rules(rules: Path) -> tuple[ImpliedRule, ...]:
    """Read rules/coding/implied.yaml; InputError when it is absent or malformed."""
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> tuple[ImpliedRule, ...]:
    return tuple(
        ImpliedRule(
            id=row["id"],
            explanation=row["explanation"],
            source=row["source"],
            says=tuple(
                Saying(
                    frozenset(SectionKind(name) for name in part["sections"]),
                    re.compile(part["pattern"]),
                )
                for part in row["says"]
            ),
            asserted=bool(row.get("asserted", True)),
            needs=tuple(tuple(group) for group in row.get("needs", ())),
            unless=tuple(row.get("unless", ())),
            codes=tuple((re.compile(part["if"]), part["code"]) for part in row["codes"]),
            scope=frozenset(SectionKind(name) for name in row.get("scope", ())),
            weight=float(row["weight"]),
        )
        for row in raw["rules"]
    )


def implied_diagnoses(
    stated: Sequence[CodedMention],
    reading: Reading,
    rules: Sequence[ImpliedRule],
    lexicon: ReadingLexicon,
) -> tuple[CodedMention, ...]:
    """Return the diagnoses that sentences imply.

    Parameters
    ----------
    stated
        Diagnoses found by name.
    reading, lexicon
        The record, and the cues that decide an assertion.
    rules
        What implies what.
    """
    present = {entry.code for entry in stated if entry.mention.assertion in _PRESENT}
    return tuple(
        coded
        for rule in rules
        if all(any(code.startswith(group) for code in present) for group in rule.needs)
        and not (rule.unless and any(code.startswith(rule.unless) for code in present))
        for coded in _by_rule(rule, reading, lexicon)
    )


def _by_rule(
    rule: ImpliedRule, reading: Reading, lexicon: ReadingLexicon
) -> Iterator[CodedMention]:
    places = [list(_places(saying, rule, reading, lexicon)) for saying in rule.says]
    if not all(places):
        return
    scope = _scope(rule, reading)
    for mention in (mention for found in places for mention in found):
        around = scope or _clause(mention, reading)
        code = next((code for pattern, code in rule.codes if pattern.search(around)), None)
        if code is not None:
            yield CodedMention(mention, code, mention.term, (rule.weight, IMPLIED + rule.id))


def _places(
    saying: Saying, rule: ImpliedRule, reading: Reading, lexicon: ReadingLexicon
) -> Iterator[Mention]:
    """Yield every sentence that says it, as a mention."""
    for sentence in reading.sentences:
        if sentence.section not in saying.sections:
            continue
        document, text = sentence.span.document, reading.normalised[sentence.span.document]
        for match in saying.pattern.finditer(text, sentence.span.start, sentence.span.end):
            span = match.span()
            assertion, cue = assert_mention(text, span, sentence.section, lexicon.cues)
            if rule.asserted and assertion is not Assertion.PRESENT:
                continue
            yield Mention(
                Span(document, *span),
                match.group(),
                sentence.section,
                sentence.span,
                Assertion.PRESENT,
                cue,
            )


def _scope(rule: ImpliedRule, reading: Reading) -> str:
    return "\n".join(
        reading.normalised[section.span.document][section.span.start : section.span.end]
        for section in reading.sections
        if section.kind in rule.scope
    )


def _clause(mention: Mention, reading: Reading) -> str:
    """Return the words of the saying itself."""
    text = reading.normalised[mention.span.document]
    return text[mention.span.start : mention.span.end]

"""Burns told in parts (烧伤的分述): join site and degree that stand apart in one statement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.findings import CodedMention
from zhibian.coding.rulefile import read_rule_file
from zhibian.documents.assertion import assert_mention
from zhibian.documents.lexicon import ReadingLexicon
from zhibian.documents.types import Assertion, Mention, Reading, Sentence, Span

TABLE = Path("coding") / "burns.yaml"
_STATEMENT = re.compile(r"[^;。\n]+")
_DENIED = re.compile(r"(?:无|未见|否认|排除)$")


@dataclass(frozen=True, slots=True)
class BurnRules:
    """Words of sites and degrees with the codes that they make together.

    Attributes
    ----------
    context
        Code prefixes that show a record to be one of burns.
    sites
        Site word → degree → code.
    degrees
        Degree word → degree.
    reach
        Characters between site and degree, at most.
    site_pattern, degree_pattern
        Any of the words, the longest first.
    """

    context: tuple[str, ...]
    sites: Mapping[str, Mapping[str, str]]
    degrees: Mapping[str, str]
    reach: int
    site_pattern: re.Pattern[str]
    degree_pattern: re.Pattern[str]


def load_burn_rules(rules: Path) -> BurnRules:
    """Read rules/coding/burns.yaml; InputError when it is absent or malformed."""
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> BurnRules:
    sites = {word: row["codes"] for row in raw["sites"] for word in row["words"]}
    degrees = {word: degree for degree, words in raw["degrees"].items() for word in words}
    return BurnRules(
        context=tuple(raw["context"]),
        sites=sites,
        degrees=degrees,
        reach=int(raw["reach"]),
        site_pattern=_any_of(sites),
        degree_pattern=_any_of(degrees),
    )


def _any_of(words: Mapping[str, Any]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))


def told_in_parts(
    diagnoses: Sequence[CodedMention], reading: Reading, rules: BurnRules, lexicon: ReadingLexicon
) -> tuple[CodedMention, ...]:
    """Return burns by site and degree, in records that name a burn as present.

    Parameters
    ----------
    diagnoses
        Diagnoses found by name.
    reading, lexicon
        The record, and the cues that decide an assertion.
    rules
        Sites and degrees.
    """
    is_burn = any(
        entry.code.startswith(rules.context) and entry.mention.assertion is Assertion.PRESENT
        for entry in diagnoses
    )
    if not is_burn:
        return ()
    return tuple(
        coded
        for sentence in reading.sentences
        for coded in _in_sentence(sentence, reading, rules, lexicon)
    )


def _in_sentence(
    sentence: Sentence, reading: Reading, rules: BurnRules, lexicon: ReadingLexicon
) -> Iterator[CodedMention]:
    document = sentence.span.document
    text = reading.normalised[document]
    for statement in _STATEMENT.finditer(text, sentence.span.start, sentence.span.end):
        sites = list(rules.site_pattern.finditer(text, statement.start(), statement.end()))
        for place, site in enumerate(sites):
            limit = sites[place + 1].start() if place + 1 < len(sites) else statement.end()
            degree = rules.degree_pattern.search(
                text, site.end(), min(limit, site.end() + rules.reach)
            )
            if degree is None or _DENIED.search(text, site.end(), degree.start()):
                continue
            span = (site.start(), degree.end())
            assertion, cue = assert_mention(text, span, sentence.section, lexicon.cues)
            mention = Mention(
                Span(document, *span),
                text[slice(*span)],
                sentence.section,
                sentence.span,
                assertion,
                cue,
            )
            code = rules.sites[site.group()][rules.degrees[degree.group()]]
            yield CodedMention(mention, code, site.group())

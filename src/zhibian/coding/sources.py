"""How far a place in the record is trusted (诊断来源可信度), from rules/coding/sources.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.rulefile import read_rule_file
from zhibian.documents.types import DocumentKind, Mention, Reading, SectionKind

TABLE = Path("coding") / "sources.yaml"
STANDALONE = "standalone"
_REJECTION_REACH = 12
_STOPS = "。;!?\n"
_CLAUSE_OPENS = ",。;:!?\n "
_CLAUSE_CLOSES = ",。;(!\n"


@dataclass(frozen=True, slots=True)
class Source:
    """One row of the trust table."""

    id: str
    weight: float
    sections: frozenset[SectionKind]
    documents: frozenset[DocumentKind]
    cue: str | None
    listed: bool
    chronic: bool


@dataclass(frozen=True, slots=True)
class CueWords:
    """Words that stand before or behind a mention, and how far away they may be (提示语)."""

    before: tuple[str, ...]
    before_reach: int
    behind: tuple[str, ...]
    behind_reach: int


@dataclass(frozen=True, slots=True)
class SourceTable:
    """The trust table (可信度表): rows in order, cue words, chronic families."""

    rows: tuple[Source, ...]
    propose_from: float
    untreated_penalty: float
    repeat_bonus: float
    abbreviation_cap: float
    abbreviations_trusted: frozenset[str]
    clause_lead_ins: tuple[str, ...]
    cues: Mapping[str, CueWords]
    rejected_before: re.Pattern[str]
    rejected_behind: re.Pattern[str]
    chronic: tuple[str, ...]

    def is_chronic(self, code: str) -> bool:
        """Return whether a code belongs to a lasting disease."""
        return code.startswith(self.chronic)


def load_sources(rules: Path) -> SourceTable:
    """Read the trust table.

    Raises
    ------
    InputError
        The file is absent or a row of it can't be read.
    """
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> SourceTable:
    return SourceTable(
        rows=tuple(_row(row) for row in raw["sources"]),
        propose_from=float(raw["propose_from"]),
        untreated_penalty=float(raw["untreated_penalty"]),
        repeat_bonus=float(raw["repeat_bonus"]),
        abbreviation_cap=float(raw["abbreviation_cap"]),
        abbreviations_trusted=frozenset(raw["abbreviations_trusted"]),
        clause_lead_ins=tuple(raw["clause_lead_ins"]),
        cues={name: _cue_words(entry) for name, entry in raw["cues"].items()},
        rejected_before=re.compile(raw["rejected"]["before"]),
        rejected_behind=re.compile(raw["rejected"]["behind"]),
        chronic=tuple(raw["chronic"]),
    )


def _cue_words(entry: Mapping[str, Any]) -> CueWords:
    before, behind = entry["before"], entry["behind"]
    return CueWords(
        before=tuple(before["words"]),
        before_reach=int(before["reach"]),
        behind=tuple(behind["words"]),
        behind_reach=int(behind["reach"]),
    )


def _row(row: Mapping[str, Any]) -> Source:
    return Source(
        id=row["id"],
        weight=float(row["weight"]),
        sections=frozenset(SectionKind(name) for name in row.get("sections", ())),
        documents=frozenset(DocumentKind(name) for name in row.get("documents", ())),
        cue=row.get("cue"),
        listed=bool(row.get("listed", False)),
        chronic=bool(row.get("chronic", False)),
    )


def trust(mention: Mention, code: str, reading: Reading, table: SourceTable) -> tuple[float, str]:
    """Return the weight of one mention as evidence for one code, and the row that gave it."""
    row = _first(table.rows, mention, code, reading, table)
    weight = row.weight
    if mention.item is None:
        if _is_rejected(mention, reading, table):
            return 0.0, row.id
        if _has_cue(mention, reading, table.cues["untreated"]):
            weight -= table.untreated_penalty
        if mention.term.isascii() and mention.term not in table.abbreviations_trusted:
            weight = min(weight, table.abbreviation_cap)
    return max(weight, 0.0), row.id


def _is_rejected(mention: Mention, reading: Reading, table: SourceTable) -> bool:
    """Return whether the mention's own clause rejects it (睾丸扭转:血流好不考虑。)."""
    text = reading.normalised[mention.span.document]
    start, end = mention.span.start, mention.span.end
    ahead = text[max(mention.sentence.start, start - _REJECTION_REACH) : start]
    after = text[end : min(mention.sentence.end, end + 2 * _REJECTION_REACH)]
    return bool(table.rejected_before.search(ahead) or table.rejected_behind.search(after))


def _cued(cue: str, mention: Mention, reading: Reading, table: SourceTable) -> bool:
    if cue == STANDALONE:
        return _is_whole_clause(mention, reading, table)
    return _has_cue(mention, reading, table.cues[cue])


def _is_whole_clause(mention: Mention, reading: Reading, table: SourceTable) -> bool:
    """Return whether the mention is a clause of its own: ``，低钾血症，`` is a conclusion."""
    text = reading.normalised[mention.span.document]
    start, end = mention.span.start, mention.span.end
    lead = next(
        (
            word
            for word in table.clause_lead_ins
            if text.endswith(word, mention.sentence.start, start)
        ),
        "",
    )
    start -= len(lead)
    opens = start == mention.sentence.start or text[start - 1] in _CLAUSE_OPENS
    closes = end >= mention.sentence.end or text[end] in _CLAUSE_CLOSES
    return opens and closes


def _has_cue(mention: Mention, reading: Reading, cue: CueWords) -> bool:
    """Return whether a cue word stands near enough in the mention's own sentence."""
    text = reading.normalised[mention.span.document]
    start, end = mention.span.start, mention.span.end
    ahead = text[max(mention.sentence.start, start - cue.before_reach) : start]
    after = text[end : min(mention.sentence.end, end + cue.behind_reach)]
    # A semicolon or full stop inside the window ends what is said of this mention.
    ahead = ahead[max(ahead.rfind(stop) for stop in _STOPS) + 1 :]
    after = after[: min((after.find(stop) for stop in _STOPS if stop in after), default=None)]
    return any(word in ahead for word in cue.before) or any(word in after for word in cue.behind)


def _first(
    rows: Sequence[Source], mention: Mention, code: str, reading: Reading, table: SourceTable
) -> Source:
    kind = reading.kinds[mention.span.document]
    for row in rows:
        if row.sections and mention.section not in row.sections:
            continue
        if row.documents and kind not in row.documents:
            continue
        if row.listed and mention.item is None:
            continue
        if row.chronic and not table.is_chronic(code):
            continue
        if row.cue is not None and not _cued(row.cue, mention, reading, table):
            continue
        return row
    return rows[-1]

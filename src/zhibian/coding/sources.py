"""How far a place in the record is trusted (诊断来源可信度), from rules/coding/sources.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.rulefile import read_rule_file
from zhibian.documents.types import DocumentKind, Mention, Reading, SectionKind

TABLE = Path("coding") / "sources.yaml"


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
class SourceTable:
    """The trust table (可信度表): rows in order, cue words, chronic families."""

    rows: tuple[Source, ...]
    propose_from: float
    untreated_penalty: float
    repeat_bonus: float
    cues: Mapping[str, tuple[str, ...]]
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
        cues={name: tuple(words) for name, words in raw["cues"].items()},
        chronic=tuple(raw["chronic"]),
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
    sentence = sentence_text(mention, reading)
    row = _first(table.rows, mention, code, reading, table, sentence)
    untreated = any(word in sentence for word in table.cues["untreated"])
    in_list = row.id.endswith("-list")
    weight = row.weight - (table.untreated_penalty if untreated and not in_list else 0.0)
    return max(weight, 0.0), row.id


def sentence_text(mention: Mention, reading: Reading) -> str:
    """Return the normalised sentence around a mention."""
    span = mention.sentence
    return reading.normalised[span.document][span.start : span.end]


def _first(
    rows: Sequence[Source],
    mention: Mention,
    code: str,
    reading: Reading,
    table: SourceTable,
    sentence: str,
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
        if row.cue is not None and not any(word in sentence for word in table.cues[row.cue]):
            continue
        return row
    return rows[-1]

"""Marked texts of de-identification cases: ``{{kind:content}}`` marks what must be replaced."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from zhibian.records.deidentify.rules import KINDS, Kind

_MARK = re.compile(r"\{\{([a-z_]+):(.*?)\}\}", re.S)


@dataclass(frozen=True)
class Marked:
    """A text and the places in it that identify a person: kind, start, end."""

    text: str
    places: tuple[tuple[Kind, int, int], ...]


def read_marked(path: Path) -> list[Marked]:
    """Return the texts of a file, marks taken out."""
    return [_unmarked(text) for text in yaml.safe_load(path.read_text(encoding="utf-8"))]


def _unmarked(marked: str) -> Marked:
    parts: list[str] = []
    places: list[tuple[Kind, int, int]] = []
    at = length = 0
    for mark in _MARK.finditer(marked):
        before = marked[at : mark.start()]
        length += len(before)
        places.append((_kind(mark[1]), length, length + len(mark[2])))
        length += len(mark[2])
        parts += [before, mark[2]]
        at = mark.end()
    return Marked("".join([*parts, marked[at:]]), tuple(places))


def _kind(told: str) -> Kind:
    """Return a kind as its type; a mistyped one is a mistake in the file."""
    return KINDS[[str(kind) for kind in KINDS].index(told)]

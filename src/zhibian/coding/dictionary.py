"""The dictionary of terms (词典): official names, our aliases, names of the clinical edition.

An alias written by us wins over an official name, an official name over a clinical
one: the narrower the authorship, the more deliberate the choice of the code.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from zhibian.coding.rulefile import read_rule_file
from zhibian.coding.types import Term
from zhibian.documents.normalise import normalise
from zhibian.problems import InputError, Problem
from zhibian.terminology.code_set import CodeSet
from zhibian.terminology.crosswalk import Crosswalk

ALIASES = Path("lexicons") / "aliases"
ENDINGS = Path("lexicons") / "endings.yaml"
_BRACKETED = re.compile(r"\([^()]{1,40}\)|\[[^\[\]]{1,40}\]|<[^<>]{1,40}>")
_SHORTEST = 2
_SHORTEST_WHEN_CUT = 6


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Normalised spelling → term, for diagnoses or for procedures.

    ``told`` holds what some spellings mean in the record at hand (`coding/in_context.py`); it
    goes before ``terms``.
    """

    terms: Mapping[str, Term]
    told: Mapping[str, Term] = field(default_factory=dict)

    def term(self, spelling: str) -> Term | None:
        """Return the term of a spelling, or None."""
        return self.told.get(spelling) or self.terms.get(spelling)

    def codes(self, spelling: str) -> tuple[str, ...]:
        """Return the codes of a spelling, or nothing."""
        term = self.term(spelling)
        return term.codes if term else ()


def load_endings(rules: Path) -> Mapping[str, Sequence[str]]:
    """Read the endings of diagnosis terms that mean the same; InputError when malformed."""
    return read_rule_file(rules, ENDINGS, _parse_endings)


def _parse_endings(raw: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    return {ending: tuple(others) for ending, others in raw["diagnosis"].items()}


def read_aliases(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield ``(alias, code)`` of every alias table in a folder.

    Raises
    ------
    InputError
        The folder has no table, or a table lacks its columns.
    """
    tables = sorted(p for p in folder.glob("*.csv") if not p.name.startswith("ambiguous"))
    if not tables:
        raise InputError(
            folder.name,
            [
                Problem(
                    str(ALIASES),
                    "aliases_missing",
                    "别名表不存在",
                    "恢复随程序发布的 rules 文件夹，或用 ZHIBIAN_RULES 指定",
                )
            ],
        )
    for table in tables:
        with table.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield row["alias"], row["code"]


def build_dictionary(
    code_set: CodeSet,
    aliases: Iterable[tuple[str, str]],
    crosswalk: Crosswalk,
    stop: frozenset[str],
    *,
    droppable: str = "",
    endings: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Dictionary:
    """Put the three sources of terms together.

    Parameters
    ----------
    code_set
        Official names.
    aliases
        ``(alias, code)`` written by the project.
    crosswalk
        Clinical edition → this code set, with the clinical names.
    stop
        Normalised terms that are too general to find.
    droppable
        A last character that records leave out (术 of an operation); empty for none.
    endings
        Ending of a term to other endings that mean the same.
    """
    terms: dict[str, Term] = {}
    for alias, code in aliases:
        if code in code_set:
            _add(terms, alias, code, "alias", stop)
    official = [(entry.name, entry.code, entry.grey) for entry in code_set.entries.values()]
    # A finest code before its grey heading: equal names then lead to a code that may be filed.
    official.sort(key=lambda row: (row[2], len(row[1]), row[1]))
    for name, code, _ in official:
        _add(terms, name, code, "name", stop)
    for name, code, _ in official:
        bare = _bare(name)
        if bare:
            _add(terms, bare, code, "variant", stop)
    for name, code in crosswalk.entries.values():
        if code in code_set:
            _add(terms, name, code, "clinical", stop)
    for ending, others in endings.items():
        for term in [t for t in terms.values() if t.spelling.endswith(ending)]:
            for other in others:
                spelled = term.spelling.removesuffix(ending) + other
                _add(terms, spelled, term.codes[0], "variant", stop)
    if droppable:
        for term in [t for t in terms.values() if t.spelling.endswith(droppable)]:
            if len(term.spelling) > _SHORTEST_WHEN_CUT:
                _add(terms, term.spelling[:-1], term.codes[0], "variant", stop)
    return Dictionary(terms)


def _add(
    terms: dict[str, Term], spelling: str, code: str, origin: str, stop: frozenset[str]
) -> None:
    key = normalise(spelling).strip()
    if len(key) >= _SHORTEST and key not in stop and key not in terms:
        terms[key] = Term(key, (code,), origin)


def _bare(name: str) -> str | None:
    """Return a name without its bracketed remarks, or None when it has none."""
    plain = normalise(name)
    bare = _BRACKETED.sub("", plain).strip(" ,，")
    return bare if bare != plain and len(bare) > _SHORTEST else None

"""When each item of the front page is due (完整率口径): ``completeness.yaml``, checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.book import RuleBook, folder_of
from zhibian.quality.front_page.conditions import Condition
from zhibian.quality.front_page.page_conditions import read_conditions
from zhibian.records.front_page.catalogue import Catalogue
from zhibian.terminology.tables import read_yaml

FILE = "completeness.yaml"
_REMEDY = "按 rules/quality/completeness.yaml 开头的说明改正：接口的每个字段恰好出现一次"
_ALWAYS = "每次住院都应填"


@dataclass(frozen=True, slots=True)
class DueItems:
    """Fields that are due together (应填项目).

    Attributes
    ----------
    fields
        Their numbers.
    said
        When, in Chinese.
    when
        Condition under which they are due; None for always.
    """

    fields: tuple[str, ...]
    said: str
    when: Condition | None


@dataclass(frozen=True, slots=True)
class DueGroup:
    """List fields due in every entry of their repeated group that has anything in it."""

    fields: tuple[str, ...]
    said: str


@dataclass(frozen=True, slots=True)
class CompletenessTable:
    """When each item is due (完整率口径).

    Attributes
    ----------
    title, notes
        In Chinese.
    due
        Items of a page.
    groups
        Items of entries of repeated groups.
    instead
        Field that may be filled instead of another one.
    optional
        Fields that may stay blank.
    """

    title: str
    notes: tuple[str, ...]
    due: tuple[DueItems, ...]
    groups: tuple[DueGroup, ...]
    instead: Mapping[str, str]
    optional: frozenset[str]

    @property
    def said(self) -> Mapping[str, str]:
        """Return when each field is due, in Chinese."""
        pages = {f: part.said for part in self.due for f in part.fields}
        return pages | {f: part.said for part in self.groups for f in part.fields}

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the fields that are due at some time."""
        return tuple(self.said)


def load_completeness(rules: Path, book: RuleBook, catalogue: Catalogue) -> CompletenessTable:
    """Read when each item is due.

    Parameters
    ----------
    rules
        Folder of the rule data.
    book
        The rule book, whose names the conditions may use.
    catalogue
        The fields: each that the national interface has must be told of once.

    Raises
    ------
    InputError
        A condition can't be read; a field is unknown, told of twice or not at all.
    """
    data = read_yaml(folder_of(rules) / FILE, _REMEDY)
    parts: list[Mapping[str, Any]] = data["due"]
    conditions = read_conditions(FILE, {p["fields"]: p["when"] for p in parts}, book)
    always = DueItems(tuple(data["always"].split()), _ALWAYS, None)
    table = CompletenessTable(
        title=data["title"],
        notes=tuple(data["notes"]),
        due=(
            always,
            *(
                DueItems(tuple(p["fields"].split()), p["said"], conditions[p["fields"]])
                for p in parts
            ),
        ),
        groups=tuple(DueGroup(tuple(g["fields"].split()), g["said"]) for g in data["with"]),
        instead=data["instead"],
        optional=frozenset(data["optional"].split()),
    )
    _check_fields(table, catalogue)
    return table


def _check_fields(table: CompletenessTable, catalogue: Catalogue) -> None:
    told = Counter(f for part in table.due for f in part.fields)
    told.update(f for group in table.groups for f in group.fields)
    told.update(table.optional)
    wanted = {f.id for f in catalogue.fields if f.hqms}
    wrong = {
        **{f: "目录中没有该字段" for f in told if f not in catalogue.by_id},
        **{f: "出现不止一次" for f, n in told.items() if n > 1},
        **dict.fromkeys(wanted - told.keys(), "没有说明何时应填"),
    }
    if wrong:
        problems = [Problem(f, "completeness_invalid", why, _REMEDY) for f, why in wrong.items()]
        raise InputError(FILE, problems)

"""What a named computation is given and what it gives back (命名计算的约定)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Protocol

import polars as pl

from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, CodeSet, load_code_set
from zhibian.terminology.crosswalk import FiledSet, load_filed_set

Parameters = Mapping[str, object]

#: Edition that hospitals file in beside that of the authority.
CLINICAL = "clinical-2.0"


class Resources:
    """Code sets that computations look into (编码字典), loaded when first asked for.

    Parameters
    ----------
    rules
        Folder of the rule data.
    """

    def __init__(self, rules: Path) -> None:
        self.rules = rules

    @cached_property
    def diagnoses(self) -> CodeSet:
        """NHSA ICD-10."""
        return load_code_set(self.rules, ICD10_NHSA)

    @cached_property
    def procedures(self) -> CodeSet:
        """NHSA ICD-9-CM-3."""
        return load_code_set(self.rules, ICD9CM3_NHSA)

    @cached_property
    def clinical(self) -> FiledSet:
        """Maps from the clinical edition of diagnoses and procedures, with its homonyms."""
        return load_filed_set(self.rules, CLINICAL)


class Pages(Protocol):
    """Pages as computations see them: columns of equal length, one entry a page."""

    @property
    def height(self) -> int:
        """Number of pages."""

    @property
    def today(self) -> date:
        """Day on which the pages are judged."""

    @property
    def resources(self) -> Resources:
        """Code sets."""

    def has(self, name: str) -> bool:
        """Tell whether the layout has a column for a field."""

    def text(self, name: str) -> pl.Series:
        """Return a field as filed; a list column for a repeated one. Null where blank."""

    def number(self, name: str) -> pl.Series:
        """Return a field as a number, null where it can't be read."""

    def moment(self, name: str) -> pl.Series:
        """Return a field as a point in time, null where it can't be read."""

    def quantity(self, name: str) -> pl.Series:
        """Return a derived quantity."""

    def entries(self, group: str) -> pl.DataFrame:
        """Return the entries of a repeated group.

        Columns ``page`` (position of the page, from 0), ``place`` (from 1; 0 for the principal
        entry of ``diagnoses`` and ``procedures``) and the list fields of the group, as text.
        """

    def grouped(self, name: str) -> pl.Series:
        """Return a result of grouping; all null where pages are not grouped."""

    def priced(self, name: str) -> pl.Series:
        """Return a number of the tariff; all null where pages are not priced."""


class Kind(StrEnum):
    """What a computation gives back."""

    #: A Boolean column: true where the page is right, false where it is not, null where unknown.
    CONDITION = "condition"
    #: A frame of violations with ``page``, ``field`` and ``place`` (null for a scalar field).
    FINDINGS = "findings"


#: Columns of what a computation of the kind ``findings`` returns.
VIOLATIONS: Mapping[str, pl.DataType] = {
    "page": pl.UInt32(),
    "field": pl.String(),
    "place": pl.Int16(),
}


@dataclass(frozen=True, slots=True)
class Computation:
    """A named computation (命名计算): a pure function with what it needs.

    Attributes
    ----------
    name
        Name in rules.
    kind
        What it gives back.
    function
        Takes pages and parameters. Its docstring is its page.
    fields
        Fields without which it has no answer. ``{name}`` stands for a parameter.
    parameters
        Parameters it must be given.
    options
        Parameters it may be given.
    whole_table
        Whether an answer depends on other pages of the table, so that a single page has none.
    needs_groups
        Whether it needs results of grouping.
    """

    name: str
    kind: Kind
    function: Callable[[Pages, Parameters], pl.Series | pl.DataFrame]
    fields: tuple[str, ...]
    parameters: frozenset[str] = field(default_factory=frozenset)
    options: frozenset[str] = field(default_factory=frozenset)
    whole_table: bool = False
    needs_groups: bool = False

"""Silenced suspicions (静默): kept out of the work list for a reason and until a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from zhibian.problems import InputError, Problem
from zhibian.screening.types import Suspicion
from zhibian.terminology.tables import read_yaml, sha256_of

_REMEDY = (
    "每条静默须有 reason、until（到期日），并以 rule、case、suspicion、department 至少一项限定"
)


class Silence(BaseModel):
    """One silence (一条静默).

    Attributes
    ----------
    rule
        A rule, or the beginning of its id up to a stroke: ``signal/procedure-without-diagnosis``.
    case, suspicion, department
        Further limits; all that are given must fit.
    reason
        Why.
    until
        The last day on which it counts.
    by
        Who decided it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str = ""
    case: str = ""
    suspicion: Suspicion | None = None
    department: str = ""
    reason: str = Field(min_length=2)
    until: date
    by: str = ""

    @model_validator(mode="after")
    def _limited(self) -> Silence:
        if not (self.rule or self.case or self.suspicion or self.department):
            raise ValueError("a silence of everything")
        return self

    @property
    def scope(self) -> str:
        """Return in Chinese what is silenced."""
        parts = [
            f"规则 {self.rule}" if self.rule else "",
            f"病例 {self.case}" if self.case else "",
            self.suspicion.chinese if self.suspicion else "",
            f"科室 {self.department}" if self.department else "",
        ]
        return "，".join(part for part in parts if part)

    def covers(self) -> pl.Expr:
        """Return which items it silences."""
        found = pl.col("case").is_not_null()
        if self.rule:
            rule = pl.col("rules").list.first()
            found &= (rule == self.rule) | rule.str.starts_with(f"{self.rule}/")
        if self.case:
            found &= pl.col("case") == self.case
        if self.suspicion:
            found &= pl.col("suspicion") == self.suspicion.value
        if self.department:
            found &= pl.col("department") == self.department
        return found.fill_null(value=False)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["zhibian-silence/1"]
    silences: tuple[Silence, ...]


@dataclass(frozen=True, slots=True)
class Silences:
    """All silences of a run.

    Attributes
    ----------
    active, expired
        Those that count on the day of the run, and those whose day is over.
    sha256
        Of the file, empty without one.
    """

    active: tuple[Silence, ...] = ()
    expired: tuple[Silence, ...] = ()
    sha256: str = ""


def load_silences(path: Path, today: date) -> Silences:
    """Load silences.

    Raises
    ------
    InputError
        Every silence without a reason, an expiry or a limit.
    """
    try:
        told = _File.model_validate(read_yaml(path, _REMEDY))
    except ValidationError as bad:
        problems = [
            Problem(
                f"{path.name} {'.'.join(str(part) for part in e['loc'])}",
                "silence_invalid",
                "静默不能采用",
                _REMEDY,
            )
            for e in bad.errors()
        ]
        raise InputError(path.name, problems) from None
    return Silences(
        tuple(s for s in told.silences if s.until >= today),
        tuple(s for s in told.silences if s.until < today),
        sha256_of(path),
    )


def silenced(items: pl.DataFrame, silences: Sequence[Silence]) -> tuple[pl.DataFrame, list[int]]:
    """Return the items that are not silenced, and how many each silence took.

    An item that several silences cover is counted with the first.
    """
    counts = []
    for silence in silences:
        covered = items.select(silence.covers().alias("covered")).to_series()
        counts.append(int(covered.sum()))
        items = items.filter(~covered)
    return items, counts

"""Screening signals (筛查信号): what is looked for, read from ``rules/screening/signals.yaml``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.selectors import CodeSelector
from zhibian.quality.front_page.types import Gate
from zhibian.screening.conditions import Condition, SetNumbers, read_condition
from zhibian.screening.templates import Template, read_template
from zhibian.screening.types import Alert, Suspicion
from zhibian.terminology.tables import read_text, read_yaml, sha256_of

FOLDER = Path("screening")
SIGNALS = FOLDER / "signals.yaml"
PREFIX = "signal/"
_REMEDY = "恢复随程序发布的 rules/screening，或改正所指出的信号"

Whose = Literal["deciding", "principal", ""]
Possible = Literal["next", "without", ""]


@dataclass(frozen=True, slots=True)
class Reinforcement:
    """What makes a suspicion stronger (佐证)."""

    condition: Condition
    adds: float
    says: Template


@dataclass(frozen=True, slots=True)
class Signal:
    """One check of a signal (一条筛查信号), such as ``signal/cost-high``.

    Attributes
    ----------
    id
        Rule in the work list; with a table ``signal/<id>/<key>``.
    title, sees, source, remedy
        In Chinese.
    suspicion, alert, gate
        What it raises, and how urgently.
    condition
        Where it holds.
    strength
        Evidence for the suspicion, 0 to 1, before what makes it stronger.
    stronger
        What makes it stronger.
    evidence, query
        Texts; the query is empty where no question is due.
    whose, name
        Which code is in question, and a word for it where it is no filed code.
    possible
        Which group the case would be in if the suspicion holds.
    """

    id: str
    title: str
    sees: str
    source: str
    remedy: str
    suspicion: Suspicion
    alert: Alert
    gate: Gate
    condition: Condition
    strength: float
    stronger: tuple[Reinforcement, ...]
    evidence: Template
    query: Template
    whose: Whose
    name: str
    possible: Possible


@dataclass(frozen=True, slots=True)
class StatisticsRules:
    """How group statistics are made (同组统计口径).

    Attributes
    ----------
    least_cases
        Cases below which a group is not compared with.
    least_spread
        Least spread of the logarithm.
    least_cases_for_risk
        Cases below which a group gets no grade of risk of death.
    readmission_days
        Days after a discharge within which an admission counts as coming back.
    most_strength
        Most that statistics and rules alone can show, 0 to 1.
    """

    least_cases: int
    least_spread: float
    least_cases_for_risk: int
    readmission_days: int
    most_strength: float


@dataclass(frozen=True, slots=True)
class SignalBook:
    """All signals (筛查信号集).

    Attributes
    ----------
    version
        Number of the rule file.
    sha256
        Of the rule file and its tables, so that a run can tell what it used.
    signals
        In the order of the file.
    sets
        Sets of codes that the conditions ask for, in the order of their bits.
    statistics
        How group statistics are made.
    deadlines
        Days until an item is to be settled, by alert.
    """

    version: int
    sha256: str
    signals: tuple[Signal, ...]
    sets: tuple[CodeSelector, ...]
    statistics: StatisticsRules
    deadlines: Mapping[Alert, int]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class _Stronger(_Told):
    when: dict[str, Any]
    add: float = Field(gt=0, le=1)
    says: str


class _Signal(_Told):
    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    sees: str
    suspicion: Suspicion
    alert: Alert
    gate: Gate
    source: str
    when: dict[str, Any]
    strength: float = Field(gt=0, le=1)
    stronger: tuple[_Stronger, ...] = ()
    evidence: str
    remedy: str
    query: str = ""
    code: Whose = ""
    name: str = ""
    possible: Possible = ""


class _Statistics(_Told):
    least_cases: int = Field(ge=2)
    least_spread: float = Field(gt=0)
    least_cases_for_risk: int = Field(ge=1)
    readmission_days: int = Field(ge=1)
    most_strength: float = Field(gt=0, le=1)


class _Book(_Told):
    format: Literal["zhibian-signals/1"]
    version: int
    statistics: _Statistics
    deadlines: dict[Alert, int]
    sets: dict[str, str]
    signals: list[dict[str, Any]]


def load_signals(rules: Path) -> SignalBook:
    """Load all signals.

    Parameters
    ----------
    rules
        Folder of the rule data.

    Raises
    ------
    InputError
        Every signal that can't be read, with its id and the part that is wrong.
    """
    path = rules / SIGNALS
    told = read_yaml(path, _REMEDY)
    try:
        book = _Book.model_validate(told)
    except ValidationError as bad:
        raise InputError(
            path.name, [_problem(path.name, str(e["loc"])) for e in bad.errors()]
        ) from None
    numbers = SetNumbers(book.sets)
    signals: list[Signal] = []
    problems: list[Problem] = []
    tables: dict[str, str] = {}
    for entry in book.signals:
        for id, row in _expanded(rules, entry, tables):
            try:
                signals.append(_signal(id, _Signal.model_validate(row), numbers))
            except ValidationError as bad:
                problems += [_problem(id, str(e["loc"])) for e in bad.errors()]
            except ValueError as bad:
                problems.append(_problem(id, str(bad)))
    ids = [signal.id for signal in signals]
    problems += [_problem(id, "id repeated") for id in sorted({i for i in ids if ids.count(i) > 1})]
    if problems:
        raise InputError(path.name, problems)
    return SignalBook(
        book.version,
        "-".join((sha256_of(path)[:16], *(digest[:8] for digest in tables.values()))),
        tuple(signals),
        numbers.sets,
        StatisticsRules(**book.statistics.model_dump()),
        book.deadlines,
    )


def _problem(where: str, what: str) -> Problem:
    return Problem(where, "signal_invalid", f"筛查信号不能读取（{what}）", _REMEDY)


def _expanded(
    rules: Path, entry: Mapping[str, Any], tables: dict[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the checks of an entry: itself, or one for each row of its table."""
    own = {key: value for key, value in entry.items() if key != "for"}
    id = f"{PREFIX}{entry.get('id', '?')}"
    if "for" not in entry:
        yield id, own
        return
    path = rules / FOLDER / str(entry["for"]["table"])
    rows = csv.DictReader(io.StringIO(read_text(path, _REMEDY)))
    tables[path.name] = sha256_of(path)
    for row in rows:
        yield f"{id}/{row['key']}", {k: _filled(v, row) for k, v in own.items()}


def _filled(told: Any, row: Mapping[str, str]) -> Any:
    """Return what a rule says with ``{column}`` replaced by the cells of a row."""
    if isinstance(told, str):
        for column, cell in row.items():
            told = told.replace(f"{{{column}}}", cell)
        return told
    if isinstance(told, dict):
        return {key: _filled(value, row) for key, value in told.items()}
    return [_filled(value, row) for value in told] if isinstance(told, list) else told


def _signal(id: str, told: _Signal, numbers: SetNumbers) -> Signal:
    return Signal(
        id=id,
        title=told.title,
        sees=told.sees,
        source=told.source,
        remedy=told.remedy,
        suspicion=told.suspicion,
        alert=told.alert,
        gate=told.gate,
        condition=read_condition(told.when, numbers),
        strength=told.strength,
        stronger=tuple(
            Reinforcement(read_condition(s.when, numbers), s.add, read_template(s.says))
            for s in told.stronger
        ),
        evidence=read_template(told.evidence),
        query=read_template(told.query),
        whose=told.code,
        name=told.name,
        possible=told.possible,
    )


def strength_of(signal: Signal, most: float) -> pl.Expr:
    """Return the strength of a signal where it holds, with what makes it stronger, up to most."""
    total = pl.lit(signal.strength)
    for more in signal.stronger:
        total = total + more.condition.holds.fill_null(value=False).cast(pl.Float64) * more.adds
    return pl.min_horizontal(total, pl.lit(most)).round(4)

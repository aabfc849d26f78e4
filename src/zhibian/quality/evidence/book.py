"""The facts of a case that count as evidence (按名称归集的事实)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from zhibian.documents.facts import Fact, FactKind
from zhibian.records.types import Admission

_NEVER_TRUE = frozenset({"negated", "planned", "family", "differential", "target", "doubtful"})
_NOT_EVIDENCE = _NEVER_TRUE | {"history", "prophylactic"}
_DAY = re.compile(r"(?:((?:19|20)\d{2})[-./年])?(\d{1,2})[-./月](\d{1,2})")
_MEASURED = frozenset({FactKind.LABORATORY, FactKind.VITAL})
_RUN_UP = timedelta(days=7)


class FactBook:
    """The facts of a case that count as evidence, by name (按名称归集的事实).

    Parameters
    ----------
    facts
        All facts of the case; negated, planned, historical ones are left out, but a measured
        value of the past may serve as baseline.
    admission
        Gives age and the year of dates without one.
    documented
        Codes or code families that the record states as present or that were filed.

    Attributes
    ----------
    measured
        How many different laboratory values and vital signs the record holds.
    """

    def __init__(
        self, facts: Sequence[Fact], admission: Admission, documented: Collection[str] = ()
    ) -> None:
        self.age = admission.age
        self.documented = frozenset(documented)
        self._admitted = admission.admitted.date() if admission.admitted else None
        self._current: dict[str, list[Fact]] = {}
        self._past: dict[str, list[Fact]] = {}
        self._earlier: dict[str, list[Fact]] = {}
        for fact in facts:
            old = bool(fact.flags & {"baseline", "history"}) or self._before_stay(fact)
            if old and fact.value is not None and fact.kind is FactKind.LABORATORY:
                self._past.setdefault(fact.name, []).append(fact)
            elif not old and not fact.flags & _NOT_EVIDENCE:
                self._current.setdefault(fact.name, []).append(fact)
            elif not fact.flags & _NEVER_TRUE:
                self._earlier.setdefault(fact.name, []).append(fact)
        self.measured = len(
            {
                (fact.name, fact.value)
                for facts_ in self._current.values()
                for fact in facts_
                if fact.kind in _MEASURED
            }
        )
        self._operated = {
            day for fact in self.current("operation") if (day := self.day(fact)) is not None
        }

    def _before_stay(self, fact: Fact) -> bool:
        """Tell whether a fact is dated more than a week before the admission."""
        day = self.day(fact)
        return bool(day and self._admitted and day < self._admitted - _RUN_UP)

    def current(self, name: str) -> Sequence[Fact]:
        """Return the facts of this stay with this name."""
        return self._current.get(name, ())

    def past(self, name: str) -> Sequence[Fact]:
        """Return values of this measure from before this stay."""
        return self._past.get(name, ())

    def earlier(self, name: str) -> Sequence[Fact]:
        """Return what is told of the time before this stay, such as a transplant."""
        return self._earlier.get(name, ())

    def after_operation(self, fact: Fact) -> bool:
        """Tell whether a value is of the day of an operation or said to follow one closely."""
        return "postoperative" in fact.flags or self.day(fact) in self._operated

    def stay_day(self, fact: Fact) -> int | None:
        """Return the days from the admission to a fact, or None without dates."""
        day = self.day(fact)
        return (day - self._admitted).days if day and self._admitted else None

    def day(self, fact: Fact) -> date | None:
        """Return the day of a fact; the year comes from the admission where none is written."""
        match = _DAY.search(fact.when) if fact.when else None
        if match is None:
            return None
        year = int(match[1]) if match[1] else (self._admitted.year if self._admitted else 2024)
        try:
            day = date(year, int(match[2]), int(match[3]))
            if match[1] is None and self._admitted and day < self._admitted - timedelta(days=60):
                day = date(year + 1, day.month, day.day)
        except ValueError:
            return None
        return day

"""Settlement of many cases at once (整表结算): the arithmetic of single cases on whole columns.

Cases of one group, state and variant share a schedule, which is worked out once. Money is whole
fen, so that sums are exact; a property test holds every row equal to the single case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from zhibian.payment.settlement.formulas import UNITS_A_FEN
from zhibian.payment.settlement.quota import within_quota
from zhibian.payment.settlement.rules import SettlementRules
from zhibian.payment.settlement.schedule import Plan, Schedule, plan_reason
from zhibian.payment.settlement.types import (
    GREATEST_COST,
    LONGEST_STAY,
    GroupState,
    Kind,
    fen_of,
)

#: Columns of the input: group and state of the grouping, what chooses the price, and the stay.
STAY_SCHEMA: Mapping[str, pl.DataType] = {
    "drg": pl.String(),
    "state": pl.String(),
    "variant": pl.String(),
    "hospital_level": pl.String(),
    "cost_fen": pl.Int64(),
    "days": pl.Int64(),
    "day_surgery": pl.Boolean(),
    "bed_day": pl.String(),
    "review": pl.Boolean(),
}
#: Columns of the answer. Multiples and points are ten-thousandths, money is fen.
ANSWER_SCHEMA: Mapping[str, pl.DataType] = {
    "kind": pl.Enum([k.value for k in Kind]),
    "weight": pl.Float64(),
    "standard_fen": pl.Int64(),
    "multiple_e4": pl.Int64(),
    "amount_fen": pl.Int64(),
    "points_e4": pl.Int64(),
    "balance_fen": pl.Int64(),
    "reason": pl.String(),
}

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
ScheduleOf = Callable[[str, GroupState, str, str], Schedule]

_KINDS = tuple(Kind)
_NUMBER = {kind: i for i, kind in enumerate(_KINDS)}
_KEY = ("drg", "state", "variant", "hospital_level")
_SAFE = 2**62


@dataclass(frozen=True, slots=True)
class _Stays:
    """The stays as arrays; what is unknown is 0 beside its mask."""

    book: Ints
    cost: Ints
    has_cost: Flags
    days: Ints
    has_days: Flags
    day_surgery: Flags
    review: Flags
    bed_day: pl.Series

    def __len__(self) -> int:
        return len(self.book)


def settle_table(
    stays: pl.DataFrame,
    schedule_of: ScheduleOf,
    rules: SettlementRules,
    institutions: Ints | None = None,
) -> pl.DataFrame:
    """Settle all discharges of a period, quotas included.

    Parameters
    ----------
    stays
        Columns of :data:`STAY_SCHEMA`, one row a discharge.
    schedule_of
        Schedule of a group, a state, a variant and a hospital level; asked once for each that
        occurs.
    rules
        The rules of those schedules, for limits and quotas.
    institutions
        Number of the institution of each row, where quotas are by institution; None for one.

    Returns
    -------
    polars.DataFrame
        As many rows, in the same order, with the columns of :data:`ANSWER_SCHEMA`.

    Raises
    ------
    ValueError
        A cost or a stay is out of range; readers of files refuse those cells before.
    """
    table = stays.select(pl.col(name).cast(kind) for name, kind in STAY_SCHEMA.items())
    distinct = table.select(_KEY).unique(maintain_order=True).with_row_index("book")
    schedules = [
        schedule_of(drg, cast("GroupState", state), variant, level)
        for _, drg, state, variant, level in distinct.iter_rows()
    ]
    return _Period(_arrays(table, distinct), schedules, rules, institutions).table()


def _arrays(table: pl.DataFrame, distinct: pl.DataFrame) -> _Stays:
    joined = table.join(distinct, on=_KEY, how="left", nulls_equal=True, maintain_order="left")
    found = _Stays(
        joined["book"].cast(pl.Int64).to_numpy(),
        table["cost_fen"].fill_null(0).to_numpy(),
        table["cost_fen"].is_not_null().to_numpy(),
        table["days"].fill_null(0).to_numpy(),
        table["days"].is_not_null().to_numpy(),
        table["day_surgery"].fill_null(value=False).to_numpy(),
        table["review"].fill_null(value=False).to_numpy(),
        table["bed_day"].fill_null(""),
    )
    if len(found) and (
        found.cost.min() < 0
        or found.cost.max() > fen_of(GREATEST_COST)
        or found.days.min() < 0
        or found.days.max() > LONGEST_STAY
    ):
        raise ValueError("a cost or a stay is out of range")
    return found


class _Period:
    """The settlement of one period."""

    def __init__(
        self,
        stays: _Stays,
        schedules: Sequence[Schedule],
        rules: SettlementRules,
        institutions: Ints | None,
    ) -> None:
        self._stays = stays
        self._schedules = schedules
        self._rules = rules
        self._institutions = institutions
        self._book = stays.book
        self._standard = self._of([_fen_or(s.price.amount) for s in schedules])
        self._divisor = self._of([s.denominator or 0 for s in schedules])
        self._kinds = np.zeros(len(stays), np.int64)

    def table(self) -> pl.DataFrame:
        reviewed = self._stays.review & self._granted(self._stays.review, self._rules.review.share)
        self._classify(reviewed)
        quota = self._rules.high.quota
        if quota is not None:
            high = self._kinds == _NUMBER[Kind.HIGH]
            beyond = high & ~self._granted(high, quota.share)
            self._kinds[beyond] = _NUMBER[Kind.HIGH_BEYOND]
        return self._answers()

    def _granted(self, asked: Flags, share: Decimal) -> Flags:
        excess = self._stays.cost - np.maximum(self._standard, 0)
        return within_quota(asked, excess, share, self._institutions)

    def _of(self, values: Sequence[int]) -> Ints:
        """Return a value of each schedule as a column of the table."""
        array: Ints = np.array(values, np.int64)
        return array[self._book] if len(array) else np.zeros(0, np.int64)

    def _classify(self, reviewed: Flags) -> None:
        stays, rules, schedules = self._stays, self._rules, self._schedules
        fixed = self._of([-1 if s.fixed_kind is None else _NUMBER[s.fixed_kind] for s in schedules])
        low = self._of([s.edges.low_below for s in schedules])
        high = self._of([s.edges.high_above for s in schedules])
        low_kind = self._of([_NUMBER[s.edges.low_kind] for s in schedules])
        high_kind = self._of([_NUMBER[s.edges.high_kind] for s in schedules])
        kinds = np.where(stays.cost > high, high_kind, np.int64(_NUMBER[Kind.NORMAL]))
        kinds = np.where(stays.cost < low, low_kind, kinds)
        kinds[~stays.has_cost] = _NUMBER[Kind.UNJUDGED]
        kinds = np.where(fixed >= 0, fixed, kinds)
        short = rules.short_stay
        exceptions: Mapping[str, Flags] = {
            "bed_day": (stays.bed_day != "").to_numpy()
            if rules.bed_day is not None
            else np.zeros(len(stays), np.bool_),
            "day_surgery": stays.day_surgery,
            "review": reviewed,
            "long_stay": stays.has_days & (stays.days > rules.long_stay.days_above),
            "short_stay": np.zeros(len(stays), np.bool_)
            if short is None
            else stays.has_days & (stays.days <= short.days_up_to),
        }
        for name in reversed(rules.order):
            kinds[exceptions[name]] = _NUMBER[Kind(name)]
        kinds[fixed == _NUMBER[Kind.NOT_GROUPED]] = _NUMBER[Kind.NOT_GROUPED]
        self._kinds = kinds

    def _answers(self) -> pl.DataFrame:
        stays = self._stays
        plans, which = self._plans()
        lines = np.array([p.line or (0, 0, 0) for p in plans], np.int64).reshape(-1, 3)[which]
        exact = lines[:, 0] + lines[:, 1] * stays.cost + lines[:, 2] * stays.days
        amount = half_up_array(exact, np.int64(UNITS_A_FEN))
        reasons = self._reasons(plans, which)
        known = reasons.is_null().to_numpy()
        weights = [s.price.weight for s in self._schedules]
        weight = np.array([np.nan if w is None else float(w) for w in weights], np.float64)
        columns = {
            "kind": pl.Series([k.value for k in _KINDS]).gather(self._kinds),
            "weight": pl.Series(
                weight[self._book] if len(weight) else weight, nan_to_null=True, dtype=pl.Float64
            ),
            "standard_fen": _masked(self._standard, self._standard >= 0),
            "multiple_e4": _masked(
                half_up_array(stays.cost * 10_000, np.maximum(self._divisor, 1)),
                stays.has_cost & (self._divisor > 0),
            ),
            "amount_fen": _masked(amount, known),
            "points_e4": self._points(amount, known),
            "balance_fen": _masked(amount - stays.cost, known & stays.has_cost),
            "reason": reasons,
        }
        return pl.DataFrame(columns).select(
            pl.col(name).cast(kind) for name, kind in ANSWER_SCHEMA.items()
        )

    def _plans(self) -> tuple[list[Plan], Ints]:
        """Return the plans that occur, and which one settles each row."""
        key = self._book * len(_KINDS) + self._kinds
        keys, which = np.unique(key, return_inverse=True)
        plans = [
            self._schedules[k // len(_KINDS)].plans[_KINDS[k % len(_KINDS)]] for k in keys.tolist()
        ]
        which = which.astype(np.int64).reshape(-1)
        by_day = self._kinds == _NUMBER[Kind.BED_DAY]
        if by_day.any():
            for kind, plan in self._schedules[0].bed_days.items():
                rows = by_day & (self._stays.bed_day == kind).to_numpy()
                which[rows] = len(plans)
                plans.append(plan)
        return plans, which

    def _reasons(self, plans: Sequence[Plan], which: Ints) -> pl.Series:
        """Return why a row has no amount, null where it has one."""
        told = [
            plan_reason(plan, has_cost, has_days)
            for plan in plans
            for has_cost in (False, True)
            for has_days in (False, True)
        ]
        place = which * 4 + self._stays.has_cost * 2 + self._stays.has_days
        words = pl.Series([t or None for t in told], dtype=pl.String)
        return words.gather(place) if len(words) else words

    def _points(self, amount: Ints, known: Flags) -> pl.Series:
        """Return points: those of the group for a normal case, else the amount by the value."""
        prices = [s.price for s in self._schedules]
        if not any(p.point_value for p in prices):
            return pl.Series([None] * len(amount), dtype=pl.Int64)
        ratios = [(p.point_value or Decimal(0)).as_integer_ratio() for p in prices]
        top, bottom = self._of([t for t, _ in ratios]), self._of([b for _, b in ratios])
        values = bottom * 100
        greatest = int(np.abs(amount).max(initial=0)) * int(values.max(initial=0))
        exact = amount.astype(object) if greatest > _SAFE // 2 else amount
        found = half_up_array(exact * values, np.maximum(top, 1)).astype(np.int64)
        own = self._of([_e4_or(p.points) for p in prices])
        normal = (self._kinds == _NUMBER[Kind.NORMAL]) & (own >= 0)
        return _masked(np.where(normal, own, found), known & (top > 0))


def half_up_array(numbers: Ints, divisors: Ints | np.int64) -> Ints:
    """Return quotients of integers rounded half up, away from zero, as :func:`half_up` does."""
    whole: Ints = (2 * np.abs(numbers) + divisors) // (2 * divisors)
    return np.where(numbers < 0, -whole, whole)


def _masked(values: Ints, known: Flags) -> pl.Series:
    return pl.DataFrame({"value": values, "known": known}).select(
        pl.when(pl.col("known")).then(pl.col("value"))
    )["value"]


def _fen_or(amount: Decimal | None) -> int:
    return -1 if amount is None else fen_of(amount)


def _e4_or(points: Decimal | None) -> int:
    return -1 if points is None else fen_of(points * 100)

"""What a case is paid (结算测算, SPEC 3.1 and 3.2): one case, with all that decided.

The class is judged in a fixed way: stays that a region pays otherwise (bed-day kinds, day surgery,
special-case review, long and short stays, in the order of the rules), then what the group itself
settles (未入组、歧义组、非稳定病组), then the multiple of the cost.
:mod:`zhibian.payment.settlement.table` settles many cases at once, to the fen as here.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from zhibian.payment.settlement.rules import Section
from zhibian.payment.settlement.schedule import Plan, Schedule, plan_reason
from zhibian.payment.settlement.types import (
    FEN,
    GREATEST_COST,
    LONGEST_STAY,
    MULTIPLE_STEP,
    POINT_STEP,
    Decision,
    GroupPrice,
    Kind,
    Settlement,
    Stay,
    fen_of,
    half_up,
    yuan_of,
)

_STEPS = int(1 / MULTIPLE_STEP)


def settle(stay: Stay, schedule: Schedule) -> Settlement:
    """Return what a case is paid.

    Parameters
    ----------
    stay
        Cost, days and marks of the stay.
    schedule
        How its group is settled.

    Returns
    -------
    Settlement
        With an amount, or with the reason why there is none; never a silent zero.

    Raises
    ------
    ValueError
        The cost or the days are negative or beyond what a front page can hold.
    """
    check_stay(stay)
    cost = None if stay.cost is None else fen_of(stay.cost)
    kind = class_of(stay, cost, schedule)
    plan = _plan(kind, stay, schedule)
    reason = plan_reason(plan, cost is not None, stay.days is not None)
    fen = None
    if plan.line is not None and not reason:
        fen = plan.line.fen(cost or 0, stay.days or 0)
    amount = None if fen is None else yuan_of(fen)
    return Settlement(
        kind=kind,
        price=schedule.price,
        cost=None if cost is None else yuan_of(cost),
        multiple=multiple(cost, schedule.denominator),
        amount=amount,
        points=None if fen is None else _points(kind, fen, schedule.price),
        balance=None if amount is None or cost is None else amount - yuan_of(cost),
        reason=reason or None,
        trace=(*_exception_trace(kind, schedule), *plan.trace),
    )


def _points(kind: Kind, fen: int, price: GroupPrice) -> Decimal | None:
    """Return the points of a case: those of its group where it is normal."""
    if kind is Kind.NORMAL and price.point_value and price.points is not None:
        return price.points.quantize(POINT_STEP, ROUND_HALF_UP)
    return points(fen, price.point_value)


def check_stay(stay: Stay) -> None:
    """Refuse costs and days that no front page holds.

    Raises
    ------
    ValueError
        They are negative or too large.
    """
    if stay.cost is not None and not 0 <= stay.cost <= GREATEST_COST + FEN / 2:
        raise ValueError("the cost is out of range")
    if stay.days is not None and not 0 <= stay.days <= LONGEST_STAY:
        raise ValueError("the days are out of range")


def class_of(stay: Stay, cost: int | None, schedule: Schedule) -> Kind:
    """Return the class of a case (病例类型); the cost is in fen."""
    if schedule.fixed_kind is Kind.NOT_GROUPED:
        return Kind.NOT_GROUPED
    for exception in schedule.rules.order:
        kind = Kind(exception)
        if _is_exception(kind, stay, schedule):
            return kind
    return schedule.fixed_kind or _class_by_cost(stay, cost, schedule)


def _class_by_cost(stay: Stay, cost: int | None, schedule: Schedule) -> Kind:
    if cost is None:
        return Kind.UNJUDGED
    edges = schedule.edges
    if cost < edges.low_below:
        return edges.low_kind
    if cost > edges.high_above:
        quota_used = stay.beyond_quota and edges.high_kind is Kind.HIGH
        return Kind.HIGH_BEYOND if quota_used else edges.high_kind
    return Kind.NORMAL


def _is_exception(kind: Kind, stay: Stay, schedule: Schedule) -> bool:
    rules, days = schedule.rules, stay.days
    if kind is Kind.BED_DAY:
        return bool(stay.bed_day) and rules.bed_day is not None
    if kind is Kind.DAY_SURGERY:
        return stay.day_surgery
    if kind is Kind.REVIEW:
        return stay.review
    if days is None:
        return False
    if kind is Kind.LONG_STAY:
        return days > rules.long_stay.days_above
    return rules.short_stay is not None and days <= rules.short_stay.days_up_to


def _plan(kind: Kind, stay: Stay, schedule: Schedule) -> Plan:
    if kind is Kind.BED_DAY:
        return schedule.bed_days.get(stay.bed_day, schedule.plans[kind])
    return schedule.plans[kind]


def _exception_trace(kind: Kind, schedule: Schedule) -> tuple[Decision, ...]:
    """Return the limit of days that made the class, where one did."""
    rules = schedule.rules
    told: tuple[str, int, Section] | None = None
    if kind is Kind.LONG_STAY:
        told = ("long_stay.days_above", rules.long_stay.days_above, rules.long_stay)
    elif kind is Kind.SHORT_STAY and rules.short_stay is not None:
        told = ("short_stay.days_up_to", rules.short_stay.days_up_to, rules.short_stay)
    if told is None:
        return ()
    name, value, section = told
    return (Decision(name, str(value), section.source, section.verified),)


def multiple(cost: int | None, denominator: int | None) -> Decimal | None:
    """Return cost over denominator, both in fen, to 0.0001 (倍率)."""
    if cost is None or not denominator:
        return None
    return Decimal(half_up(cost * _STEPS, denominator)).scaleb(-4)


def points(amount: int, value: Decimal | None) -> Decimal | None:
    """Return an amount in fen as points of a value in yuan, to 0.0001 (点数 = 金额 ÷ 点值)."""
    if not value:
        return None
    top, bottom = value.as_integer_ratio()
    return Decimal(half_up(amount * bottom * 100, top)).scaleb(-4)

"""The settlement of one group, worked out once for all its cases (病组的结算表).

Every formula is a line: a fixed amount, so much a yuan of cost, so much a day. Lines are integers
of 1e-10 yuan and limits are whole fen, so that a single case and a table of millions are settled by
the same arithmetic and agree to the fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from typing import NamedTuple

from zhibian.payment.settlement_rules import (
    Band,
    Formula,
    Outlier,
    Section,
    SettlementRules,
    Treatment,
)
from zhibian.payment.settlement_types import (
    GREATEST_COST,
    LONGEST_STAY,
    Decision,
    GroupPrice,
    GroupState,
    Kind,
    fen_of,
    half_up,
    yuan_of,
)

#: Units of a line: 1e-10 yuan. A slope is in units a fen, 1e-8 yuan a yuan.
UNITS_A_YUAN = 10**10
UNITS_A_FEN = 10**8
_GREATEST_UNITS = 2**63 - 1
_PRECISION = 50
_LEVEL_UNKNOWN = "医院级别未知，不能判定倍率"
_NO_COST = "缺总费用，不能判定倍率"
_COST_NEEDED = "缺总费用"
_DAYS_NEEDED = "缺住院天数"
# Marks of a group that settle its cases whatever they cost; the first that it bears.
_KIND_OF_FLAG: Mapping[str, Kind] = {
    "by_item": Kind.BY_ITEM,
    "review": Kind.REVIEW_GROUP,
    "unstable": Kind.UNSTABLE,
}
# No cost is that low or that high.
NEVER_LOW = 0
NEVER_HIGH = 2**62


class Line(NamedTuple):
    """An amount as a line: ``fixed + per_fen * cost + per_day * days``, in units.

    Attributes
    ----------
    fixed
        Units of 1e-10 yuan.
    per_fen
        Units a fen of cost.
    per_day
        Units a day.
    """

    fixed: int = 0
    per_fen: int = 0
    per_day: int = 0

    def fen(self, cost: int, days: int) -> int:
        """Return the amount in fen for a cost in fen and a stay in days, rounded half up once."""
        return half_up(self.fixed + self.per_fen * cost + self.per_day * days, UNITS_A_FEN)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the cases of one class are paid (一类病例的算式).

    Attributes
    ----------
    line
        The amount; None where it can't be computed.
    reason
        Why not, in Chinese; empty where it can.
    trace
        The parameters used.
    """

    line: Line | None
    reason: str
    trace: tuple[Decision, ...]

    @property
    def needs_cost(self) -> bool:
        """Tell whether the amount depends on the cost."""
        return self.line is not None and self.line.per_fen != 0

    @property
    def needs_days(self) -> bool:
        """Tell whether the amount depends on the length of stay."""
        return self.line is not None and self.line.per_day != 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """Everything that settles the cases of one group (病组的结算表).

    Attributes
    ----------
    price
        The price, with the coefficient as the rules limit it.
    rules
        Whose rules.
    fixed_kind
        Class of all cases of the group whatever they cost; None where the multiple decides.
    denominator
        Denominator of the multiple in fen, None without a price.
    low_below, high_above
        Costs in fen below the one are low, above the other high outliers.
    plans
        Amount by class.
    bed_days
        Amount by kind of bed-day payment.
    """

    price: GroupPrice
    rules: SettlementRules
    fixed_kind: Kind | None
    denominator: int | None
    low_below: int
    high_above: int
    plans: Mapping[Kind, Plan]
    bed_days: Mapping[str, Plan]


def schedule(price: GroupPrice, state: GroupState, rules: SettlementRules) -> Schedule:
    """Work out how the cases of a group are settled.

    Parameters
    ----------
    price
        What the tariff says of the group.
    state
        ``grouped``, ``ungrouped``, ``ambiguous`` (歧义组) or ``none``: the case could not be
        grouped for want of data.
    rules
        The region's rules (SPEC 3.1 and 3.2).
    """
    with localcontext() as context:
        context.prec = _PRECISION
        return _Maker(_limited(price, rules), state, rules).make()


def _limited(price: GroupPrice, rules: SettlementRules) -> GroupPrice:
    """Return a price whose coefficient is within the limits that the region sets."""
    k, limits = price.coefficient, rules.coefficient
    wanted = k
    if price.flags & set(limits.same_price):
        wanted = Decimal(1)
    elif limits.floor is not None and k < limits.floor:
        wanted = limits.floor
    elif limits.cap is not None and k > limits.cap:
        wanted = limits.cap
    return price if wanted == k else with_coefficient(price, wanted)


def with_coefficient(price: GroupPrice, k: Decimal) -> GroupPrice:
    """Return a price with another coefficient of the institution (机构系数), V in proportion.

    Raises
    ------
    ValueError
        The price has a coefficient of zero, which can't be replaced.
    """
    if not price.coefficient:
        raise ValueError("a coefficient of zero can't be replaced")
    share = k / price.coefficient
    return replace(
        price,
        coefficient=k,
        amount=None if price.amount is None else yuan_of(fen_of(price.amount * share)),
        points=None if price.points is None else price.points * share,
    )


class _Limit(NamedTuple):
    """Where outliers begin: a cost in fen and the multiple K that it is."""

    fen: Decimal
    times: Decimal
    told: Decision
    inclusive: bool
    certain: bool


class _Maker:
    """Works out one schedule."""

    def __init__(self, price: GroupPrice, state: GroupState, rules: SettlementRules) -> None:
        self._price = price
        self._state = state
        self._rules = rules
        self._control, self._no_control = _control(price, rules)

    def make(self) -> Schedule:
        rules, price = self._rules, self._price
        fixed = self._fixed_kind()
        plans = {
            Kind.UNGROUPED: self._treated("ungrouped", rules.ungrouped),
            Kind.AMBIGUOUS: self._treated("ambiguous", rules.ambiguous),
            Kind.UNSTABLE: self._treated("unstable", rules.unstable),
            Kind.BY_ITEM: self._treated("by_item", rules.by_item),
            Kind.REVIEW_GROUP: self._treated("review_group", rules.review_group),
            Kind.DAY_SURGERY: self._treated("day_surgery", rules.day_surgery),
            Kind.LONG_STAY: self._treated("long_stay", rules.long_stay),
            Kind.REVIEW: self._treated("review", rules.review),
            Kind.NO_PRICE: Plan(None, price.note or "没有支付标准", ()),
            Kind.NOT_GROUPED: Plan(None, "未能分组，不能计算", ()),
            Kind.UNJUDGED: Plan(None, _NO_COST, ()),
        }
        if rules.short_stay is not None:
            plans[Kind.SHORT_STAY] = self._treated("short_stay", rules.short_stay)
        if rules.bed_day is not None:
            plans[Kind.BED_DAY] = Plan(None, "没有这类床日标准", ())
        low_below, high_above, denominator = NEVER_LOW, NEVER_HIGH, None
        if fixed is None:
            denominator, why = self._denominator()
            if denominator:
                low_below, high_above = self._judged(denominator, plans)
            else:
                fixed = Kind.UNJUDGED
                plans[Kind.UNJUDGED] = Plan(None, why, ())
        return Schedule(
            price, rules, fixed, denominator, low_below, high_above, plans, self._bed_days()
        )

    def _fixed_kind(self) -> Kind | None:
        if self._state == "none":
            return Kind.NOT_GROUPED
        if self._state == "ambiguous":
            return Kind.AMBIGUOUS
        if self._state == "ungrouped":
            return Kind.UNGROUPED
        for flag, kind in _KIND_OF_FLAG.items():
            if flag in self._price.flags:
                return kind
        return Kind.NO_PRICE if self._price.amount is None else None

    def _denominator(self) -> tuple[int | None, str]:
        """Return the denominator of the multiple in fen, or why there is none."""
        price, by = self._price, self._rules.denominator.by
        amount = price.amount or Decimal(0)
        if by == "group_mean":
            mean = self._rules.control.city_mean
            if price.mean_cost is not None:
                amount = price.mean_cost
            elif mean is None or price.weight is None:
                return None, "缺全市次均费用，不能计算病组次均费用与倍率"
            else:
                amount = price.weight * mean
        elif by == "without_coefficient" and price.coefficient:
            amount /= price.coefficient
        return fen_of(amount) or None, "倍率的分母为零"

    def _judged(self, denominator: int, plans: dict[Kind, Plan]) -> tuple[int, int]:
        """Add the plans of the classes by multiple; return where low and high begin, in fen."""
        rules = self._rules
        divided = _decision("denominator.by", rules.denominator.by, rules.denominator)
        plans[Kind.NORMAL] = Plan(
            Line(fixed=_units(self._price.amount or Decimal(0))), "", (divided,)
        )
        return self._low(denominator, divided, plans), self._high(denominator, divided, plans)

    def _low(self, denominator: int, divided: Decision, plans: dict[Kind, Plan]) -> int:
        low = self._rules.low
        limit = self._limit("low", low, denominator, self._price.low_limit)
        if limit is None:
            return NEVER_LOW
        trace = (divided, limit.told)
        plan = self._plan("low", low, low.formula, limit.times, trace)
        plans[Kind.LOW] = plan if limit.certain else Plan(None, _LEVEL_UNKNOWN, trace)
        if limit.inclusive:
            return _whole(limit.fen, ROUND_FLOOR) + 1
        return _whole(limit.fen, ROUND_CEILING)

    def _high(self, denominator: int, divided: Decision, plans: dict[Kind, Plan]) -> int:
        high = self._rules.high
        limit = self._limit("high", high, denominator, self._price.high_limit)
        if limit is None:
            return NEVER_HIGH
        trace = (divided, limit.told)
        beyond = high.quota.beyond if high.quota else high.formula
        for kind, formula in ((Kind.HIGH, high.formula), (Kind.HIGH_BEYOND, beyond)):
            plan = self._plan("high", high, formula, limit.times, trace)
            plans[kind] = plan if limit.certain else Plan(None, _LEVEL_UNKNOWN, trace)
        if limit.inclusive:
            return _whole(limit.fen, ROUND_CEILING) - 1
        return _whole(limit.fen, ROUND_FLOOR)

    def _limit(
        self, name: str, outlier: Outlier, denominator: int, published: Decimal | None
    ) -> _Limit | None:
        """Return where outliers begin: as published for the group, else by the bands."""
        if published is not None:
            fen = published.scaleb(2)
            told = Decision(
                f"{name}_limit", f"{published}", "支付标准表公布的临界值", verified=True
            )
            return _Limit(fen, fen / denominator, told, inclusive=False, certain=True)
        bands = self._bands(outlier)
        if not bands:
            return None
        # Where the hospital's level is unknown, what any band calls an outlier is left open.
        certain = self._certain(bands[0])
        extreme = max if name == "low" else min
        band = bands[0] if certain else extreme(bands, key=lambda b: b.times)
        told = _decision(f"{name}.times", str(band.times), outlier)
        return _Limit(band.times * denominator, band.times, told, band.inclusive, certain)

    def _bands(self, outlier: Outlier) -> list[Band]:
        """Return the bands that may hold for the group, the first one that does first."""
        level = self._price.hospital_level
        fitting = [b for b in outlier.bands if _fits_weight(b, self._price.weight)]
        if not level:
            return fitting
        return [b for b in fitting if not b.hospital_levels or level in b.hospital_levels]

    def _certain(self, band: Band) -> bool:
        return not band.hospital_levels or bool(self._price.hospital_level)

    def _treated(self, name: str, treatment: Treatment) -> Plan:
        return self._plan(name, treatment, treatment.formula, Decimal(0), ())

    def _plan(
        self,
        name: str,
        treatment: Treatment,
        formula: Formula,
        times: Decimal,
        trace: tuple[Decision, ...],
    ) -> Plan:
        told = [*trace, _decision(f"{name}.formula", formula, treatment)]
        if treatment.factor != 1:
            told.append(_decision(f"{name}.factor", str(treatment.factor), treatment))
        line, reason = self._line(formula, treatment, times)
        if line is not None and formula in ("cost_times_control", "linear_add", "deduct"):
            told.append(_decision("control.factor", f"{self._control:f}", self._rules.control))
        return Plan(line, reason, tuple(told))

    def _line(
        self, formula: Formula, treatment: Treatment, times: Decimal
    ) -> tuple[Line | None, str]:
        """Return the amount of a formula, or why it can't be computed (SPEC 3.2)."""
        if formula == "review":
            return None, "待特例单议评审"
        if formula == "returned":
            return None, "退回更正后重传，更正前不计算"
        if formula == "not_paid":
            return Line(), ""
        factor, value = treatment.factor, self._price.amount
        if formula == "by_actual":
            return _line(factor), ""
        if formula == "per_day":
            daily = treatment.per_day or Decimal(0)
            return _checked(Line(per_day=_units(daily * factor))), ""
        c = self._control
        if formula != "standard" and formula != "cap" and c is None:
            return None, self._no_control
        if formula == "cost_times_control":
            return _line(factor * (c or 0)), ""
        if value is None:
            return None, self._price.note or "没有支付标准"
        if formula == "standard":
            return _line(0, factor * value), ""
        if formula == "cap":
            return _line(0, factor * times * value), ""
        control = c or Decimal(0)
        if formula == "deduct":
            return _line(factor * control, -factor * (times - 1) * value), ""
        divided = Decimal(self._denominator()[0] or 0).scaleb(-2)
        return _line(factor * control, factor * (value - times * divided * control)), ""

    def _bed_days(self) -> dict[str, Plan]:
        section = self._rules.bed_day
        if section is None:
            return {}
        return {
            kind: Plan(None, f"没有 {kind} 的床日标准", ())
            if daily is None
            else Plan(
                _checked(Line(per_day=_units(daily))),
                "",
                (_decision(f"bed_day.kinds.{kind}", str(daily), section),),
            )
            for kind, daily in section.kinds.items()
        }


def _control(price: GroupPrice, rules: SettlementRules) -> tuple[Decimal | None, str]:
    """Return the control factor c to 1e-8, or why it is unknown.

    Rate method: 1. Point method: point value over mean cost of the city by scale.
    """
    told = rules.control
    if told.factor is not None:
        return told.factor, ""
    if price.point_value is None:
        return Decimal(1), ""
    if told.city_mean is None or not price.scale:
        return None, "缺全市次均费用，不能计算控费系数 c"
    c = price.point_value * price.scale / told.city_mean
    return c.quantize(Decimal("1e-8"), ROUND_HALF_UP), ""


def _decision(parameter: str, value: str, section: Section) -> Decision:
    return Decision(parameter, value, section.source, section.verified)


def _fits_weight(band: Band, weight: Decimal | None) -> bool:
    if band.weight_above is None and band.weight_up_to is None:
        return True
    if weight is None:
        return False
    above = band.weight_above is None or weight > band.weight_above
    return above and (band.weight_up_to is None or weight <= band.weight_up_to)


def _line(per_yuan: Decimal | int, fixed: Decimal | int = 0) -> Line:
    slope = int((Decimal(per_yuan) * UNITS_A_FEN).to_integral_value(ROUND_HALF_UP))
    return _checked(Line(_units(Decimal(fixed)), slope))


def _checked(line: Line) -> Line:
    """Return a line of which no case overflows an integer of 64 bits.

    Raises
    ------
    ValueError
        A parameter is beyond all that a tariff can mean.
    """
    greatest = abs(line.fixed) + abs(line.per_fen) * fen_of(GREATEST_COST)
    if 2 * (greatest + abs(line.per_day) * LONGEST_STAY) + UNITS_A_FEN > _GREATEST_UNITS:
        raise ValueError("a settlement parameter is too large")
    return line


def _units(yuan: Decimal) -> int:
    return int((yuan * UNITS_A_YUAN).to_integral_value(ROUND_HALF_UP))


def _whole(limit: Decimal, rounding: str) -> int:
    return int(limit.to_integral_value(rounding))


def plan_reason(plan: Plan, has_cost: bool, has_days: bool) -> str:
    """Return why a plan gives a case no amount, empty where it does."""
    if plan.line is None:
        return plan.reason
    if plan.needs_cost and not has_cost:
        return _COST_NEEDED
    return _DAYS_NEEDED if plan.needs_days and not has_days else ""

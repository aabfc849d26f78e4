"""The settlement of one group, worked out once for all its cases (病组的结算表).

Which class a case is in follows from limits in whole fen; what each class is paid is a line of
:mod:`zhibian.payment.settlement.formulas`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import NamedTuple

from zhibian.payment.settlement.formulas import (
    NEED_CONTROL,
    NEED_STANDARD,
    UNDECIDED,
    Line,
    Terms,
    line_of,
)
from zhibian.payment.settlement.limits import Limit, high_limit, low_limit
from zhibian.payment.settlement.rules import (
    Formula,
    Section,
    SettlementRules,
    Treatment,
)
from zhibian.payment.settlement.types import (
    Decision,
    GroupPrice,
    GroupState,
    Kind,
    fen_of,
    yuan_of,
)

_PRECISION = 50
_LEVEL_UNKNOWN = "没有该医院级别或病组权重的倍率界限，不能判定"
_NO_PRICE = "没有支付标准"
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


class Edges(NamedTuple):
    """Where outliers begin (倍率界限).

    Attributes
    ----------
    low_below, high_above
        Costs in fen below the one are low, above the other high outliers.
    low_kind, high_kind
        Class of those cases: low and high, or open where the hospital's level must be known.
    """

    low_below: int = NEVER_LOW
    high_above: int = NEVER_HIGH
    low_kind: Kind = Kind.LOW
    high_kind: Kind = Kind.HIGH


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
    edges
        Where low and high outliers begin.
    plans
        Amount by class.
    bed_days
        Amount by kind of bed-day payment.
    """

    price: GroupPrice
    rules: SettlementRules
    fixed_kind: Kind | None
    denominator: int | None
    edges: Edges
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
    exact = price.before_coefficient
    amount = None
    if price.amount is not None:
        amount = yuan_of(fen_of(price.amount * share if exact is None else exact * k))
    points = None if price.points is None else price.points * share
    return replace(price, coefficient=k, amount=amount, points=points)


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
            Kind.NO_PRICE: Plan(None, price.note or _NO_PRICE, ()),
            Kind.NOT_GROUPED: Plan(None, "未能分组，不能计算", ()),
            Kind.UNJUDGED: Plan(None, _NO_COST, ()),
        }
        if rules.short_stay is not None:
            plans[Kind.SHORT_STAY] = self._treated("short_stay", rules.short_stay)
        if rules.bed_day is not None:
            plans[Kind.BED_DAY] = Plan(None, "没有这类床日标准", ())
        edges, denominator = Edges(), None
        if fixed is None:
            denominator, why = self._denominator()
            if denominator:
                edges = self._judged(denominator, plans)
            else:
                fixed = Kind.UNJUDGED
                plans[Kind.UNJUDGED] = Plan(None, why, ())
        return Schedule(price, rules, fixed, denominator, edges, plans, self._bed_days())

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
            elif price.weight is None:
                return None, "支付标准没有公布病组权重与次均费用，不能计算倍率"
            elif mean is None:
                return None, "缺全市次均费用，不能计算病组次均费用与倍率"
            else:
                amount = price.weight * mean
        elif by == "without_coefficient" and price.coefficient:
            amount = price.before_coefficient or amount / price.coefficient
        return fen_of(amount) or None, "倍率的分母为零"

    def _judged(self, denominator: int, plans: dict[Kind, Plan]) -> Edges:
        """Add the plans of the classes by multiple; return where low and high begin."""
        rules, price = self._rules, self._price
        divided = _decision("denominator.by", rules.denominator.by, rules.denominator)
        normal = line_of("standard", Terms(price.amount), Decimal(1))
        plans[Kind.NORMAL] = Plan(normal, "", (divided,))
        edges = Edges()
        low = low_limit(rules.low, price, denominator)
        if low is not None:
            trace = (divided, low.told)
            plans[Kind.LOW] = self._plan("low", rules.low, rules.low.formula, low.times, trace)
            edges = edges._replace(low_below=low.below, low_kind=_kind(Kind.LOW, low, trace, plans))
        high = high_limit(rules.high, price, denominator)
        if high is not None:
            trace, quota = (divided, high.told), rules.high.quota
            beyond = quota.beyond if quota else rules.high.formula
            for kind, formula in ((Kind.HIGH, rules.high.formula), (Kind.HIGH_BEYOND, beyond)):
                plans[kind] = self._plan("high", rules.high, formula, high.times, trace)
            kind = _kind(Kind.HIGH, high, trace, plans)
            edges = edges._replace(high_above=high.above, high_kind=kind)
        return edges

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
        if line is not None and formula in NEED_CONTROL:
            told.append(_decision("control.factor", f"{self._control:f}", self._rules.control))
        return Plan(line, reason, tuple(told))

    def _line(
        self, formula: Formula, treatment: Treatment, times: Decimal
    ) -> tuple[Line | None, str]:
        """Return the amount of a formula, or why it can't be computed."""
        if formula in UNDECIDED:
            return None, UNDECIDED[formula]
        if formula in NEED_CONTROL and self._control is None:
            return None, self._no_control
        if formula in NEED_STANDARD and self._price.amount is None:
            return None, self._price.note or _NO_PRICE
        terms = Terms(
            self._price.amount,
            yuan_of(self._denominator()[0] or 0),
            times,
            self._control,
            treatment.per_day or Decimal(0),
        )
        return line_of(formula, terms, treatment.factor), ""

    def _bed_days(self) -> dict[str, Plan]:
        section = self._rules.bed_day
        if section is None:
            return {}
        return {
            kind: Plan(None, f"没有 {kind} 的床日标准", ())
            if daily is None
            else Plan(
                line_of("per_day", Terms(None, per_day=daily), Decimal(1)),
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


def _kind(kind: Kind, limit: Limit, trace: tuple[Decision, ...], plans: dict[Kind, Plan]) -> Kind:
    """Return the class beyond a limit, open where the limit is not certain."""
    if limit.certain:
        return kind
    plans[Kind.LEVEL_UNKNOWN] = Plan(None, _LEVEL_UNKNOWN, trace)
    return Kind.LEVEL_UNKNOWN


def _decision(parameter: str, value: str, section: Section) -> Decision:
    return Decision(parameter, value, section.source, section.verified)


def plan_reason(plan: Plan, has_cost: bool, has_days: bool) -> str:
    """Return why a plan gives a case no amount, empty where it does."""
    if plan.line is None:
        return plan.reason
    if plan.needs_cost and not has_cost:
        return _COST_NEEDED
    return _DAYS_NEEDED if plan.needs_days and not has_days else ""

"""How a region settles its cases (结算规则): every parameter is data with its source.

A rule set is a YAML file of sections: the denominator of the multiple (倍率), bands and formulas
of low and high outliers (低倍率、高倍率), long stays, ungrouped and ambiguous cases, day surgery,
bed-day payment, special-case review (特例单议) and the fund's share. ``base`` names the set that it
is laid over; a section replaces that of the base as a whole, so that it never mixes two sources.
Numbers are written as text or whole numbers: a float would not be the number that was published.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Formula = Literal[
    "standard",
    "by_actual",
    "cost_times_control",
    "linear_add",
    "deduct",
    "cap",
    "per_day",
    "review",
    "returned",
    "not_paid",
]
# They take the multiple K of a band.
_OF_OUTLIERS = ("linear_add", "deduct", "cap")
StayException = Literal["bed_day", "day_surgery", "review", "long_stay", "short_stay"]


def _exact(value: object) -> object:
    """Refuse floats: 0.35 read as a float is another number."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("a number must be text or whole")
    return value


Number = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Section(_Frozen):
    """One section of a rule set (一节参数).

    Attributes
    ----------
    source
        Where the values come from; ``[GK]`` marks common knowledge that a region must verify.
    verified
        Whether the values were read in a published table or document of the region.
    """

    source: str = Field(min_length=1)
    verified: bool = False


class Denominator(Section):
    """What costs are divided by to get the multiple (倍率的分母).

    Attributes
    ----------
    by
        ``standard`` the payment standard V (支付标准), ``without_coefficient`` V before the
        institution's coefficient, ``group_mean`` RW times the mean cost of the city (病组次均费用).
    """

    by: Literal["standard", "without_coefficient", "group_mean"]


class Band(_Frozen):
    """A multiple and the groups and hospitals that it holds for (一档倍率); the first fits.

    Attributes
    ----------
    times
        The multiple K.
    inclusive
        Whether the multiple itself is beyond the limit (达到即是).
    hospital_levels
        Hospital levels (医院级别); empty for all.
    weight_above, weight_up_to
        Weights RW of the groups: above the one, at most the other.
    """

    times: Number
    inclusive: bool = False
    hospital_levels: tuple[str, ...] = ()
    weight_above: Number | None = None
    weight_up_to: Number | None = None

    @property
    def by_weight(self) -> bool:
        """Whether it holds for groups of some weights only."""
        return self.weight_above is not None or self.weight_up_to is not None


class Quota(_Frozen):
    """How many cases of a period at most (数量上限), those of the greatest excess first.

    Attributes
    ----------
    share
        Share of the discharges of the period (占出院人次).
    beyond
        Formula of the cases beyond it.
    """

    share: Annotated[Number, Field(le=1)]
    beyond: Formula


class Treatment(Section):
    """What a case of a class is paid (一类病例的结算办法).

    Attributes
    ----------
    formula
        ``standard`` V; ``by_actual`` the cost F (按项目据实); ``cost_times_control`` F times the
        control factor c (实际费用折算点数，不乘系数); ``linear_add`` V + (F - K*D)*c;
        ``deduct`` c*F - (K-1)*V; ``cap`` K*V; ``per_day`` days times ``per_day``; ``review``
        decided by review (评审后定); ``returned`` sent back to be mended (退回重传); ``not_paid``.
    factor
        Multiplies the amount, such as a discount (折扣).
    per_day
        Yuan a day (床日标准), of ``per_day``.
    """

    formula: Formula
    factor: Number = Decimal(1)
    per_day: Number | None = None

    @model_validator(mode="after")
    def _has_its_parameter(self) -> Treatment:
        if self.formula == "per_day" and self.per_day is None:
            raise ValueError("per_day is missing")
        if self.formula in _OF_OUTLIERS and not isinstance(self, Outlier):
            raise ValueError("the formula needs a multiple, which only outliers have")
        return self


class Outlier(Treatment):
    """Low or high outliers (低倍率、高倍率): where they begin and what they are paid."""

    bands: tuple[Band, ...] = Field(min_length=1)
    quota: Quota | None = None


class LongStay(Treatment):
    """Stays longer than a number of days (住院超长)."""

    days_above: int = Field(ge=1)


class ShortStay(Treatment):
    """Stays of at most a number of days, where a region leaves them out (短住院不纳入)."""

    days_up_to: int = Field(ge=0)


class Review(Treatment):
    """Special-case review (特例单议): how many cases and what an accepted one is paid.

    Attributes
    ----------
    share
        Accepted cases as a share of the discharges of the period, at most.
    """

    share: Annotated[Number, Field(le=1)]


class BedDay(Section):
    """Kinds of stay that are paid by the day (床日付费) and their yuan a day; null: unknown."""

    kinds: Mapping[str, Number | None]


class Coefficient(Section):
    """Limits of the institution's coefficient k (机构系数).

    Attributes
    ----------
    floor, cap
        Least and greatest k.
    same_price
        Marks of groups that are paid alike everywhere, k = 1 (同病同价).
    """

    floor: Number | None = None
    cap: Number | None = None
    same_price: tuple[str, ...] = ()


class Control(Section):
    """The control factor c (控费系数): what a point is worth over what it was to be worth.

    Attributes
    ----------
    factor
        c itself; null where it follows from the point value and the city's mean cost.
    city_mean
        Mean cost of all cases of the city (全市次均费用), yuan.
    """

    factor: Number | None = None
    city_mean: Number | None = None


class Fund(Section):
    """What of the amount the fund pays (基金支付).

    Attributes
    ----------
    method
        ``less_patient`` the amount less the patient's share (起付线、自付、全自费、先行自付);
        ``ratio`` the amount less deductible, self-paid and prior payment, times ``ratios``.
    ratios
        Share that is refunded by kind of insurance (报销比例).
    """

    method: Literal["less_patient", "ratio"]
    ratios: Mapping[str, Annotated[Number, Field(le=1)]] = Field(default_factory=dict)


class SettlementRules(_Frozen):
    """One complete rule set (结算规则).

    Attributes
    ----------
    id, title
        Such as ``chs-drg-technical``.
    order
        Which exception of the stay is asked first.
    by_item, review_group
        Groups that the tariff marks as paid by item (按项目付费) or as decided by review (单议).
    short_stay, bed_day
        Null where a region knows none.
    """

    id: str
    title: str
    base: str | None = None
    notes: tuple[str, ...] = ()
    order: tuple[StayException, ...]
    denominator: Denominator
    coefficient: Coefficient
    control: Control
    low: Outlier
    high: Outlier
    ungrouped: Treatment
    ambiguous: Treatment
    unstable: Treatment
    by_item: Treatment
    review_group: Treatment
    day_surgery: Treatment
    long_stay: LongStay
    short_stay: ShortStay | None = None
    review: Review
    bed_day: BedDay | None = None
    fund: Fund

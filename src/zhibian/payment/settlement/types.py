"""What settlement is asked and what it answers (结算的输入与结果): frozen, exact.

Money is whole fen (分, 1/100 yuan) wherever it is compared or added up; amounts shown are yuan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Literal

FEN = Decimal("0.01")
MULTIPLE_STEP = Decimal("0.0001")
POINT_STEP = Decimal("0.0001")
#: Greatest cost that the front page can hold: a number of ten digits, two of them decimals.
GREATEST_COST = Decimal("99999999.99")
#: Longest stay that the front page can hold.
LONGEST_STAY = 36_500

GroupState = Literal["grouped", "ungrouped", "ambiguous", "none"]


class Kind(StrEnum):
    """Class of a case in settlement (病例类型)."""

    NORMAL = "normal"
    LOW = "low"
    HIGH = "high"
    HIGH_BEYOND = "high_beyond_quota"
    UNGROUPED = "ungrouped"
    AMBIGUOUS = "ambiguous"
    UNSTABLE = "unstable"
    BY_ITEM = "by_item"
    REVIEW_GROUP = "review_group"
    LONG_STAY = "long_stay"
    SHORT_STAY = "short_stay"
    DAY_SURGERY = "day_surgery"
    BED_DAY = "bed_day"
    REVIEW = "review"
    NO_PRICE = "no_price"
    NOT_GROUPED = "not_grouped"
    LEVEL_UNKNOWN = "level_unknown"
    UNJUDGED = "unjudged"

    @property
    def chinese(self) -> str:
        """Return the word that tables and screens show."""
        return _KINDS[self]


_KINDS: Mapping[Kind, str] = {
    Kind.NORMAL: "正常倍率",
    Kind.LOW: "低倍率",
    Kind.HIGH: "高倍率",
    Kind.HIGH_BEYOND: "高倍率（超出额度）",
    Kind.UNGROUPED: "未入组",
    Kind.AMBIGUOUS: "歧义组",
    Kind.UNSTABLE: "非稳定病组",
    Kind.BY_ITEM: "按项目付费病组",
    Kind.REVIEW_GROUP: "单议病组",
    Kind.LONG_STAY: "住院超长",
    Kind.SHORT_STAY: "短住院",
    Kind.DAY_SURGERY: "日间手术",
    Kind.BED_DAY: "床日付费",
    Kind.REVIEW: "特例单议",
    Kind.NO_PRICE: "无支付标准",
    Kind.NOT_GROUPED: "未分组",
    Kind.LEVEL_UNKNOWN: "未判定（倍率界限）",
    Kind.UNJUDGED: "未判定",
}


@dataclass(frozen=True, slots=True)
class Stay:
    """What settlement needs of a stay (结算所需的住院信息).

    Attributes
    ----------
    cost
        Total cost F (住院总费用), yuan; rounded half up to 0.01. None where unknown.
    days
        Length of stay (住院天数), None where unknown.
    day_surgery
        Day surgery (日间手术).
    bed_day
        Kind of bed-day payment (床日类别), such as 精神; empty for none.
    review
        Accepted for special-case review (特例单议).
    beyond_quota
        A high outlier beyond the quota of its period (超出额度); see :mod:`quota`.
    """

    cost: Decimal | None = None
    days: int | None = None
    day_surgery: bool = False
    bed_day: str = ""
    review: bool = False
    beyond_quota: bool = False


@dataclass(frozen=True, slots=True)
class GroupPrice:
    """What a tariff says of a group for one kind of hospital and insurance (病组的价格).

    Attributes
    ----------
    drg, name
        The group.
    weight
        Weight RW (权重), None where none is published.
    amount
        Payment standard V in yuan, to 0.01; None without a price.
    note
        Why there is none, in Chinese.
    coefficient
        The coefficient k (系数) that V contains.
    before_coefficient
        V without k, not rounded, where V is computed; None where V itself is published.
    flags
        Marks of the group, such as ``basic`` (基础病组) or ``unstable`` (非稳定病组).
    low_limit, high_limit
        Published costs that begin low and high outliers (低倍、高倍临界值), yuan; they go before
        the bands of the rules. None where none are published.
    mean_cost
        Published mean cost of the group (例均费用), yuan.
    hospital_level, insurance
        Of the variant, such as 三级 and 职工; empty where the tariff does not tell them apart.
    points, point_value, scale
        Points of a case, k included, yuan a point and points of weight 1 (基准点数、点值、尺度)
        under the point method; None under the rate method.
    """

    drg: str
    name: str = ""
    weight: Decimal | None = None
    amount: Decimal | None = None
    note: str = ""
    coefficient: Decimal = Decimal(1)
    before_coefficient: Decimal | None = None
    flags: frozenset[str] = frozenset()
    low_limit: Decimal | None = None
    high_limit: Decimal | None = None
    mean_cost: Decimal | None = None
    hospital_level: str = ""
    insurance: str = ""
    points: Decimal | None = None
    point_value: Decimal | None = None
    scale: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One parameter that decided, with its value and source (一步依据)."""

    parameter: str
    value: str
    source: str
    verified: bool

    def render(self) -> str:
        """Return one line for a coder."""
        return (
            f"{self.parameter} = {self.value}（{self.source}{'' if self.verified else '；待核'}）"
        )


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one case is paid, and why (一例的结算测算).

    Attributes
    ----------
    kind
        Class of the case.
    price
        What the tariff says of its group.
    cost
        Total cost F in yuan, to 0.01.
    multiple
        Cost over the denominator (倍率), to 0.0001; None without either.
    amount
        What is due (应付总额) in yuan, to 0.01; None where it can't be computed.
    points
        Points of the case (点数) under the point method, to 0.0001.
    balance
        Amount less cost (盈亏), yuan.
    reason
        Why there is no amount, in Chinese; None where there is one.
    trace
        What decided.
    """

    kind: Kind
    price: GroupPrice
    cost: Decimal | None
    multiple: Decimal | None
    amount: Decimal | None
    points: Decimal | None
    balance: Decimal | None
    reason: str | None
    trace: tuple[Decision, ...]


def half_up(number: int, divisor: int) -> int:
    """Return a quotient of integers rounded half up, away from zero (四舍五入)."""
    whole = (2 * abs(number) + divisor) // (2 * divisor)
    return -whole if number < 0 else whole


def fen_of(yuan: Decimal) -> int:
    """Return an amount in whole fen, rounded half up."""
    return int(yuan.quantize(FEN, ROUND_HALF_UP).scaleb(2))


def yuan_of(fen: int) -> Decimal:
    """Return whole fen as yuan with two decimals."""
    return Decimal(fen).scaleb(-2)

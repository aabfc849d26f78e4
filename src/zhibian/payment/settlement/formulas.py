"""Formulas of settlement (结算公式, SPEC 3.2), each as a line in cost and days.

V is the payment standard, F the cost, D the denominator of the multiple, K the multiple that
begins an outlier, c the control factor. A line is kept in integers of 1e-10 yuan, so that a
single case and a table of millions are settled by the same arithmetic and agree to the fen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from zhibian.payment.settlement.rules import Formula
from zhibian.payment.settlement.types import GREATEST_COST, LONGEST_STAY, fen_of, half_up

#: Units of a line: 1e-10 yuan. A slope is in units a fen, 1e-8 yuan a yuan.
UNITS_A_YUAN = 10**10
UNITS_A_FEN = 10**8
_GREATEST_UNITS = 2**63 - 1
_ZERO = Decimal(0)


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


class Terms(NamedTuple):
    """What a formula is computed from, in yuan.

    Attributes
    ----------
    standard
        Payment standard V, None without a price.
    divided
        Denominator D of the multiple.
    times
        Multiple K.
    control
        Control factor c, None where it is unknown.
    per_day
        Yuan a day.
    """

    standard: Decimal | None
    divided: Decimal = _ZERO
    times: Decimal = _ZERO
    control: Decimal | None = Decimal(1)
    per_day: Decimal = _ZERO


class _Slopes(NamedTuple):
    """A line in yuan: fixed, for each yuan of cost, for each day."""

    fixed: Decimal = _ZERO
    per_yuan: Decimal = _ZERO
    per_day: Decimal = _ZERO


def _linear_add(v: Decimal, c: Decimal, t: Terms) -> _Slopes:
    # V + (F - K D) c; with V = avg Z and D = avg: avg Z + (F - K avg) c.
    return _Slopes(fixed=v - t.times * t.divided * c, per_yuan=c)


def _deduct(v: Decimal, c: Decimal, t: Terms) -> _Slopes:
    # (F / A - (K - 1) RW k) S points, at c A / S yuan a point: c F - (K - 1) V.
    return _Slopes(fixed=(1 - t.times) * v, per_yuan=c)


_LINES: Mapping[Formula, Callable[[Decimal, Decimal, Terms], _Slopes]] = {
    "standard": lambda v, _, __: _Slopes(fixed=v),
    "by_actual": lambda _, __, ___: _Slopes(per_yuan=Decimal(1)),
    "cost_times_control": lambda _, c, __: _Slopes(per_yuan=c),
    "linear_add": _linear_add,
    "deduct": _deduct,
    "cap": lambda v, _, t: _Slopes(fixed=t.times * v),
    "per_day": lambda _, __, t: _Slopes(per_day=t.per_day),
    "not_paid": lambda _, __, ___: _Slopes(),
}
#: Formulas that leave the amount to somebody else, and what is said of them.
UNDECIDED: Mapping[Formula, str] = {
    "review": "待特例单议评审",
    "returned": "退回更正后重传，更正前不计算",
}
NEED_STANDARD = frozenset({"standard", "linear_add", "deduct", "cap"})
NEED_CONTROL = frozenset({"cost_times_control", "linear_add", "deduct"})


def line_of(formula: Formula, terms: Terms, factor: Decimal) -> Line:
    """Return a formula as a line.

    Parameters
    ----------
    formula
        None of :data:`UNDECIDED`.
    terms
        What it is computed from; all that it needs is known.
    factor
        Multiplies the whole.

    Raises
    ------
    ValueError
        A parameter is beyond all that a tariff can mean: a case would overflow 64 bits.
    """
    found = _LINES[formula](terms.standard or _ZERO, terms.control or _ZERO, terms)
    line = Line(
        _whole(factor * found.fixed * UNITS_A_YUAN),
        _whole(factor * found.per_yuan * UNITS_A_FEN),
        _whole(factor * found.per_day * UNITS_A_YUAN),
    )
    greatest = abs(line.fixed) + abs(line.per_fen) * fen_of(GREATEST_COST)
    if 2 * (greatest + abs(line.per_day) * LONGEST_STAY) + UNITS_A_FEN > _GREATEST_UNITS:
        raise ValueError("a settlement parameter is too large")
    return line


def _whole(units: Decimal) -> int:
    return int(units.to_integral_value(ROUND_HALF_UP))

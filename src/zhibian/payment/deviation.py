"""Payment deviation (支付偏差): proposed grouping minus filed grouping.

SPEC 3.3: the difference is told in both signs, and
a group without a price gives a reason, never zero. Outlier settlement (异常倍率)
needs the case's expenses and is not part of this comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from zhibian.payment.tariff import PaymentStandard

STATEMENT = "分组差异测算，以医保结算为准"

_RATIO_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Deviation:
    """The difference of two groupings of one case (分组差异测算).

    Attributes
    ----------
    filed, proposed
        The two payment standards.
    weight
        Proposed minus filed weight, None where a side has no weight.
    amount
        Proposed minus filed amount in yuan, to 0.01; None where a side has no amount.
    ratio
        Amount over the filed amount, to 0.0001 (0.1880 is 18.8 %); None where
        the filed amount is zero.
    reason
        Why no amount was computed, in Chinese; None where it was.
    statement
        How the numbers are to be read.
    """

    filed: PaymentStandard
    proposed: PaymentStandard
    weight: Decimal | None
    amount: Decimal | None
    ratio: Decimal | None
    reason: str | None
    statement: str = STATEMENT


def deviate(filed: PaymentStandard, proposed: PaymentStandard) -> Deviation:
    """Return proposed minus filed, in weight and yuan (SPEC 3.3).

    Parameters
    ----------
    filed
        Standard of the group of the filed front page.
    proposed
        Standard of the group of the proposed codes, same tariff and variant.

    Returns
    -------
    Deviation
        Positive or negative; with a reason instead of an amount where one side
        has no price. The weights are compared even where no rate is known.

    Raises
    ------
    ValueError
        The standards belong to different tariffs or variants.
    """
    if (filed.tariff, filed.variant) != (proposed.tariff, proposed.variant):
        raise ValueError("standards of different tariffs or variants can't be compared")
    reasons = [
        f"{side} {standard.drg}：{standard.note}"
        for side, standard in (("填报分组", filed), ("建议分组", proposed))
        if standard.amount is None
    ]
    weight = (
        None if filed.weight is None or proposed.weight is None else proposed.weight - filed.weight
    )
    if filed.amount is None or proposed.amount is None:
        return Deviation(filed, proposed, weight, None, None, "；".join(reasons))
    amount = proposed.amount - filed.amount
    return Deviation(
        filed=filed,
        proposed=proposed,
        weight=weight,
        amount=amount,
        ratio=_ratio(amount, filed.amount),
        reason=None,
    )


def _ratio(amount: Decimal, filed: Decimal) -> Decimal | None:
    return (amount / filed).quantize(_RATIO_STEP, ROUND_HALF_UP) if filed else None

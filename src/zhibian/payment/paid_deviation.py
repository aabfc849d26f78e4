"""Deviation of what is paid (支付偏差, SPEC 3.3): both groups settled anew with the case's cost.

The class is judged again for each side, since another group has another multiple: a high outlier
of the filed group may be a normal case of the proposed one, and the reverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from zhibian.payment.settlement.types import Settlement, fen_of, half_up, yuan_of

STATEMENT = "分组差异测算，以医保结算为准"
#: Said where codes change and the group does not (SPEC 3.3.4).
COMPLETENESS = "病组不变，支付不变；差异编码属首页完整性"

#: Confidences count in millionths, so that single cases and columns agree to the fen.
CONFIDENCE_STEPS = 1_000_000

_RATIO_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class PaidDeviation:
    """Proposed less filed, as both would be settled (支付偏差 = 建议 − 填报).

    Attributes
    ----------
    filed, proposed
        The two settlements.
    weight
        Difference of weights, None where either side has none.
    amount
        Difference of amounts in yuan, to 0.01; None where either side has none.
    ratio
        Amount over the filed amount, to 0.0001; None where that is zero.
    balance
        Change of profit and loss (盈亏变化): the amount, as the cost is the same; None without a
        cost.
    confidence
        Probability p that the proposed group is right, None where unknown.
    expected
        p times the amount (期望偏差), yuan.
    class_changed
        Whether the class of the case is another.
    reason
        Why there is no amount, in Chinese; None where there is one.
    note
        What the coder should know of a difference of zero; empty otherwise.
    statement
        How the numbers are to be read.
    """

    filed: Settlement
    proposed: Settlement
    weight: Decimal | None
    amount: Decimal | None
    ratio: Decimal | None
    balance: Decimal | None
    confidence: float | None
    expected: Decimal | None
    class_changed: bool
    reason: str | None
    note: str
    statement: str = STATEMENT


def deviate_paid(
    filed: Settlement, proposed: Settlement, confidence: float | None = None
) -> PaidDeviation:
    """Return proposed less filed (SPEC 3.3, items 1 to 4).

    Parameters
    ----------
    filed, proposed
        Settlements of one case, each with its own class.
    confidence
        Probability that the proposed group is right, 0 to 1.

    Raises
    ------
    ValueError
        The settlements have different costs, so they are not of one case; or the confidence is no
        probability.
    """
    if filed.cost != proposed.cost:
        raise ValueError("settlements with different costs are not of one case")
    if confidence is not None and not 0 <= confidence <= 1:
        raise ValueError("a confidence is between 0 and 1")
    reasons = [
        f"{side} {one.price.drg}：{one.reason}".replace(" ：", "：")
        for side, one in (("填报分组", filed), ("建议分组", proposed))
        if one.amount is None
    ]
    amount = None
    if filed.amount is not None and proposed.amount is not None:
        amount = proposed.amount - filed.amount
    weights = filed.price.weight, proposed.price.weight
    return PaidDeviation(
        filed=filed,
        proposed=proposed,
        weight=None if weights[0] is None or weights[1] is None else weights[1] - weights[0],
        amount=amount,
        ratio=_ratio(amount, filed.amount),
        balance=None if filed.cost is None else amount,
        confidence=confidence,
        expected=_expected(amount, confidence),
        class_changed=filed.kind is not proposed.kind,
        reason="；".join(reasons) or None,
        note=COMPLETENESS if _same_group(filed, proposed) and amount is not None else "",
    )


def _same_group(filed: Settlement, proposed: Settlement) -> bool:
    return filed.price.drg == proposed.price.drg and filed.kind is proposed.kind


def _ratio(amount: Decimal | None, filed: Decimal | None) -> Decimal | None:
    if amount is None or not filed:
        return None
    return (amount / filed).quantize(_RATIO_STEP, ROUND_HALF_UP)


def _expected(amount: Decimal | None, confidence: float | None) -> Decimal | None:
    if amount is None or confidence is None:
        return None
    steps = round(confidence * CONFIDENCE_STEPS)
    return yuan_of(half_up(fen_of(amount) * steps, CONFIDENCE_STEPS))


def cost_deviation(settlement: Settlement) -> Decimal | None:
    """Return (F - V) / V, the cost over the standard (费用偏离率, SPEC 3.3.7), to 0.0001.

    Returns
    -------
    Decimal or None
        None without a cost or a payment standard.
    """
    cost, standard = settlement.cost, settlement.price.amount
    if cost is None or not standard:
        return None
    return ((cost - standard) / standard).quantize(_RATIO_STEP, ROUND_HALF_UP)

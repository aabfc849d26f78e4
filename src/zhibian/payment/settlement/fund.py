"""What of the amount the fund pays (基金支付, SPEC 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from zhibian.payment.settlement.rules import Fund
from zhibian.payment.settlement.types import fen_of, half_up, yuan_of

#: Ratios are whole ten-thousandths, so that single cases and columns agree to the fen.
_STEPS = 10_000
SHARE_COLUMNS = ("deductible_fen", "copay_fen", "self_paid_fen", "prior_paid_fen")


@dataclass(frozen=True, slots=True)
class PatientShare:
    """What the patient pays (参保人应付), yuan.

    Attributes
    ----------
    deductible
        Deductible (起付线).
    copay
        Share within the policy (政策范围内自付).
    self_paid
        Wholly self-paid (全自费).
    prior_paid
        Paid before sharing begins (先行自付).
    """

    deductible: Decimal
    copay: Decimal
    self_paid: Decimal
    prior_paid: Decimal


def fund_payment(
    amount: Decimal, share: PatientShare, insurance: str, rules: Fund
) -> Decimal | None:
    """Return what the fund pays, in yuan, never below zero.

    Parameters
    ----------
    amount
        What is due (应付总额).
    share
        The patient's share.
    insurance
        Kind of insurance, such as 职工; chooses the ratio.
    rules
        How the region reckons.

    Returns
    -------
    Decimal or None
        None where the region's ratio for this insurance is not known.
    """
    before = fen_of(amount) - sum(
        map(fen_of, (share.deductible, share.self_paid, share.prior_paid))
    )
    if rules.method == "less_patient":
        return yuan_of(max(0, before - fen_of(share.copay)))
    ratio = rules.ratios.get(insurance)
    if ratio is None:
        return None
    return yuan_of(half_up(max(0, before) * int(ratio * _STEPS), _STEPS))


def fund_column(table: pl.DataFrame, rules: Fund) -> pl.Series:
    """Return what the fund pays for many cases, in fen; the same as `fund_payment`.

    Parameters
    ----------
    table
        ``amount_fen``, the columns of :data:`SHARE_COLUMNS` and ``insurance``. A case with none of
        those columns filled has no answer; where some are, a blank one is zero.
    rules
        How the region reckons.
    """
    told = pl.any_horizontal(pl.col(*SHARE_COLUMNS).is_not_null())
    deductible, copay, self_paid, prior = (pl.col(c).fill_null(0) for c in SHARE_COLUMNS)
    before = pl.col("amount_fen") - deductible - self_paid - prior
    if rules.method == "less_patient":
        paid = pl.max_horizontal(before - copay, 0)
    else:
        steps = {k: int(v * _STEPS) for k, v in rules.ratios.items()}
        ratio = pl.col("insurance").replace_strict(steps, default=None, return_dtype=pl.Int64)
        paid = (2 * pl.max_horizontal(before, 0) * ratio + _STEPS) // (2 * _STEPS)
    known = told & pl.col("amount_fen").is_not_null()
    return table.select(fund_fen=pl.when(known).then(paid)).to_series()

"""Both pages of a case settled with its cost (两份首页的结算测算与逐项贡献)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import prod

from zhibian.coding.types import Proposal
from zhibian.grouping.engine import group
from zhibian.grouping.stay import grouping_input
from zhibian.grouping.types import GroupingInput
from zhibian.payment.contributions import Contribution, contributions
from zhibian.payment.paid_deviation import PaidDeviation, deviate_paid
from zhibian.payment.settlement.prices import PriceBook
from zhibian.payment.settlement.settle import settle
from zhibian.payment.settlement.types import LONGEST_STAY, Kind, Settlement, Stay
from zhibian.records.types import Admission, FrontPage
from zhibian.review.assemble import name_of
from zhibian.review.report import (
    ContributionOut,
    DecisionOut,
    SettledDeviationOut,
    SettlementOut,
)
from zhibian.review.reviewer import Reviewer

_QUOTA = "高倍率的数量上限按结算期计算，单例测算未计"


def settled_deviation(
    filed: FrontPage, proposal: Proposal, stay: Admission | None, reviewer: Reviewer
) -> SettledDeviationOut | None:
    """Return the deviation of what is paid, the class judged anew for each page.

    Parameters
    ----------
    filed
        The filed page, in NHSA codes.
    proposal
        The proposed coding.
    stay
        The stay with its total cost.
    reviewer
        Scheme, tariff and settlement rules.

    Returns
    -------
    SettledDeviationOut or None
        None without a tariff, a cost or a proposed principal diagnosis.
    """
    book = reviewer.prices if reviewer.tariff is not None else None
    if book is None or stay is None or stay.total_cost is None or proposal.principal is None:
        return None
    days = stay.length_of_stay
    told = Stay(
        cost=Decimal(repr(stay.total_cost)),
        days=days if days is not None and days <= LONGEST_STAY else None,
    )

    def settled(page: GroupingInput) -> Settlement:
        found = group(page, reviewer.pack, reviewer.codebook, trace=False)
        return settle(told, book.of_grouping(found, reviewer.variant or ""))

    before = grouping_input(filed.principal, filed.others, filed.procedures, stay)
    after = grouping_input(proposal.principal, proposal.others, proposal.procedures, stay)
    parts = contributions(before, after, settled)
    chance = _confidence(parts, proposal)
    return _out(deviate_paid(settled(before), settled(after), chance), parts, book, reviewer)


def _confidence(parts: Iterable[Contribution], proposal: Proposal) -> float | None:
    """Return the probability of the proposed group: that of all codes that decide it.

    Codes are taken as independent. Where the group hangs on codes that are taken away alone,
    nothing is known of how certain that is.
    """
    told = {diagnosis.code: diagnosis.confidence for diagnosis in proposal.others}
    told |= {procedure.code: procedure.confidence for procedure in proposal.procedures}
    if proposal.principal is not None:
        told[proposal.principal.code] = proposal.principal.confidence
    chances = [told[p.change.code] for p in parts if p.decides and p.change.code in told]
    return prod(chances) if chances else None


def _out(
    found: PaidDeviation, parts: Iterable[Contribution], book: PriceBook, reviewer: Reviewer
) -> SettledDeviationOut:
    high = Kind.HIGH in {found.filed.kind, found.proposed.kind}
    notes = [found.reason, found.note, _QUOTA if high else ""]
    return SettledDeviationOut(
        rules=book.rules.id,
        cost=float(found.filed.cost or 0),
        filed=_settlement_out(found.filed),
        proposed=_settlement_out(found.proposed),
        class_changed=found.class_changed,
        amount=_float(found.amount),
        rate=_float(found.ratio),
        balance=_float(found.balance),
        confidence=found.confidence,
        expected=_float(found.expected),
        contributions=tuple(_contribution_out(part, reviewer) for part in parts),
        note="；".join(note for note in notes if note) or None,
        statement=found.statement,
    )


def _settlement_out(one: Settlement) -> SettlementOut:
    return SettlementOut(
        kind=one.kind.value,
        kind_name=one.kind.chinese,
        multiple=_float(one.multiple),
        amount=_float(one.amount),
        points=_float(one.points),
        balance=_float(one.balance),
        reason=one.reason,
        trace=tuple(
            DecisionOut(
                parameter=step.parameter,
                value=step.value,
                source=step.source,
                verified=step.verified,
            )
            for step in one.trace
        ),
    )


def _contribution_out(part: Contribution, reviewer: Reviewer) -> ContributionOut:
    change = part.change
    kind = "procedure" if "procedure" in change.kind else "diagnosis"
    return ContributionOut.model_validate(
        {
            "kind": change.kind,
            "code": change.code,
            "name": name_of(change.code, kind, reviewer),
            "instead_of": change.instead_of or None,
            "group": part.group or None,
            "decides": part.decides,
            "weight": _float(part.weight),
            "amount": _float(part.amount),
            "weight_undone": _float(part.weight_undone),
            "amount_undone": _float(part.amount_undone),
            "share": _float(part.share),
        }
    )


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)

"""From a tariff to what settlement needs of a group (病组价格)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from zhibian.grouping.types import Grouping, Status
from zhibian.payment.settlement.rules import SettlementRules
from zhibian.payment.settlement.schedule import Schedule, schedule, with_coefficient
from zhibian.payment.settlement.types import GroupPrice, GroupState
from zhibian.payment.tariff import PaymentStandard, Tariff, round_yuan

#: Stands for a variant that the tariff does not have; its cases have no price.
UNKNOWN_VARIANT = "?"

_STATES: dict[Status, GroupState] = {
    Status.GROUPED: "grouped",
    Status.UNGROUPED: "ungrouped",
    Status.AMBIGUOUS: "ambiguous",
}


def state_of(status: Status) -> GroupState:
    """Return the state of a case that settlement tells apart."""
    return _STATES.get(status, "none")


def price_of(
    tariff: Tariff, drg: str, variant: str | None = None, rate: Decimal | None = None
) -> GroupPrice:
    """Return what a tariff says of a group.

    Parameters
    ----------
    tariff
        The tariff.
    drg
        Group code; a row of ungrouped cases (``0000``) where the case has no group.
    variant
        Such as ``三级职工``; the default variant when None.
    rate
        Rate or point value (费率、点值) in place of the published one, None for that.

    Raises
    ------
    InputError
        The tariff has no such variant.
    """
    standard = tariff.standard(drg, variant, rate=rate)
    chosen = tariff.variant(variant)
    group = tariff.groups.get(drg)
    limits = None if group is None else group.thresholds.get(chosen.id)
    by_points = tariff.method == "points"
    k = Decimal(1) if standard.coefficient is None else standard.coefficient
    return GroupPrice(
        drg=drg,
        name=standard.name,
        weight=standard.weight,
        amount=standard.amount,
        note=standard.note,
        coefficient=k,
        before_coefficient=_before_coefficient(standard, by_points),
        flags=frozenset(standard.flags),
        low_limit=limits.low if limits else None,
        high_limit=limits.high if limits else None,
        mean_cost=group.mean_cost if group else None,
        hospital_level=chosen.hospital_level,
        insurance=chosen.insurance,
        points=standard.points * k if standard.points is not None else None,
        point_value=standard.rate if by_points else None,
        scale=tariff.scale,
    )


def _before_coefficient(standard: PaymentStandard, by_points: bool) -> Decimal | None:
    """Return V without k, not rounded; None where the amount is published and not computed."""
    units = standard.points if by_points else standard.weight
    if units is None or standard.rate is None or standard.amount is None:
        return None
    exact = units * standard.rate
    k = Decimal(1) if standard.coefficient is None else standard.coefficient
    return exact if round_yuan(exact * k) == standard.amount else None


class PriceBook:
    """How every group of a tariff is settled (病组结算册); each schedule is worked out once.

    Parameters
    ----------
    tariff
        The tariff.
    rules
        Rules of its region.
    coefficient
        Coefficient k of the institution (机构系数) in place of the tariff's, None for that.
    rate
        Rate or point value of all variants in place of the published ones, None for those.
    """

    def __init__(
        self,
        tariff: Tariff,
        rules: SettlementRules,
        coefficient: Decimal | None = None,
        rate: Decimal | None = None,
    ) -> None:
        self.tariff = tariff
        self.rules = rules
        self._coefficient = coefficient
        self._rate = rate
        self._known: dict[tuple[str, GroupState, str, str], Schedule] = {}

    def schedule(
        self, drg: str, state: GroupState, variant: str, hospital_level: str = ""
    ) -> Schedule:
        """Return how the cases of a group are settled.

        Parameters
        ----------
        drg
            The group; for an ungrouped case the tariff's row, from ``Tariff.ungrouped_row``.
        state
            From :func:`state_of`.
        variant
            Variant of the tariff; empty for its default, :data:`UNKNOWN_VARIANT` for none.
        hospital_level
            Level of the hospital where the variant does not tell it; empty where unknown.

        Raises
        ------
        InputError
            The tariff has no such variant.
        """
        key = (drg, state, variant, hospital_level)
        if key not in self._known:
            price = self._price(drg, state, variant)
            level = price.hospital_level or hospital_level
            self._known[key] = schedule(replace(price, hospital_level=level), state, self.rules)
        return self._known[key]

    def of_grouping(self, grouping: Grouping, variant: str = "") -> Schedule:
        """Return how a grouped, ungrouped or ambiguous case is settled; see `schedule`."""
        state = state_of(grouping.status)
        row = self.tariff.ungrouped_row(grouping.mdc) if state == "ungrouped" else grouping.drg
        return self.schedule(row, state, variant)

    def _price(self, drg: str, state: GroupState, variant: str) -> GroupPrice:
        if state == "none":
            return GroupPrice(drg=drg)
        if variant == UNKNOWN_VARIANT:
            return GroupPrice(drg=drg, note="支付标准没有这种医院级别与险种")
        price = price_of(self.tariff, drg, variant or None, self._rate)
        if self._coefficient is None or not price.coefficient:
            return price
        return with_coefficient(price, self._coefficient)

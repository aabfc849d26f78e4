"""Tariffs (支付标准): the weight and the amount that a region pays for a group.

Rate method (费率法, SPEC 3.1): V = b x RW x k with the rate b in yuan per unit
of weight, the weight RW of the group and the adjustment coefficient k of the
hospital. Points method (点数法): V = points x k x value of a point, the points
being RW x scale or published as such. Where a region publishes the amount
itself, that amount is the standard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from zhibian.payment.group_weight import (
    UNGROUPED_PREFIX,
    UNGROUPED_ROW,
    Flag,
    GroupWeight,
    is_ungrouped_row,
)
from zhibian.problems import InputError, Problem

CENT = Decimal("0.01")

Method = Literal["rate", "points"]
PriceStatus = Literal[
    "priced",
    "ungrouped",
    "no_rate",
    "no_standard",
    "no_weight",
    "placeholder",
    "uncovered",
    "by_item",
    "not_in_tariff",
]

_NOTES: Mapping[PriceStatus, str] = {
    "priced": "有支付标准",
    "ungrouped": "未入组，按未入组一行计",
    "no_rate": "只公布了权重或点数，未公布费率或点值，不算金额",
    "no_standard": "该类别医院未公布该组的系数和支付标准",
    "no_weight": "该组未公布权重",
    "placeholder": "权重 1 仅为占位，不作价格",
    "uncovered": "该组列为未覆盖组，没有支付标准",
    "by_item": "该组按项目据实支付，没有支付标准",
    "not_in_tariff": "支付标准中没有该组",
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One kind of hospital and insurance of a tariff (医院级别与险种).

    Attributes
    ----------
    id
        Such as ``三级职工``.
    hospital_level, insurance, institution
        What the variant is for; empty where the tariff does not distinguish.
    rate
        Rate b, yuan per unit of weight; None where none is known.
    point_value
        Yuan per point; None where none is known.
    coefficient
        Coefficient k of all groups, or that of groups for which the table leaves it
        blank; None where there is none.
    """

    id: str
    hospital_level: str = ""
    insurance: str = ""
    institution: str = ""
    rate: Decimal | None = None
    point_value: Decimal | None = None
    coefficient: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PaymentStandard:
    """What one group is worth under one variant of a tariff (支付标准).

    Attributes
    ----------
    tariff, variant
        Such as ``linyi-2022`` and ``三级职工``.
    drg, name
        The group; the name is empty for one that the tariff lacks.
    status
        ``priced``; ``ungrouped``, the row for ungrouped cases; ``no_rate``, the weight is
        known and no amount; ``no_standard``, the variant has no coefficient or amount for
        the group; ``no_weight``; ``placeholder``; ``uncovered``; ``by_item``, paid by item;
        ``not_in_tariff``.
    weight
        Weight RW that can be compared; None where there is none.
    rate
        Yuan per unit of weight, or per point under the points method.
    coefficient
        Adjustment coefficient k.
    points
        Points of the group before k; None under the rate method.
    amount
        Payment standard in yuan, rounded half up to 0.01; None where it can't be told.
    flags
        Kinds of the group.
    """

    tariff: str
    variant: str
    drg: str
    name: str
    status: PriceStatus
    weight: Decimal | None
    rate: Decimal | None
    amount: Decimal | None
    coefficient: Decimal | None = None
    points: Decimal | None = None
    flags: frozenset[Flag] = frozenset()

    @property
    def note(self) -> str:
        """Return the status in Chinese."""
        return _NOTES[self.status]


@dataclass(frozen=True, slots=True)
class Tariff:
    """A region's tariff for one scheme and year (一个统筹区的支付标准).

    Attributes
    ----------
    id, title, region, year
        Such as ``linyi-2022``.
    scheme
        Grouping scheme that its groups belong to.
    method
        ``rate`` (费率法) or ``points`` (点数法).
    scale
        Points per unit of weight; None under the rate method and where it is not known.
    variants
        The variants by id.
    default_variant
        Variant used when none is named.
    groups
        Group to its row.
    ungrouped
        The code of the row for ungrouped cases, None without such a row.
    shared_rates
        Flag to the variant whose rate all hospitals get for such groups (同病同价).
    coefficients_by_group
        Whether the coefficient k differs between groups; a group without one is then not
        paid under the variant. Else k is that of the variant, 1 where it has none.
    excerpt
        Whether it has some groups of the scheme only (节选).
    """

    id: str
    title: str
    region: str
    year: int
    scheme: str
    method: Method
    variants: Mapping[str, Variant]
    default_variant: str
    groups: Mapping[str, GroupWeight] = field(repr=False)
    ungrouped: str | None = None
    scale: Decimal | None = None
    shared_rates: Mapping[Flag, str] = field(default_factory=dict)
    coefficients_by_group: bool = False
    excerpt: bool = False

    @property
    def rates(self) -> Mapping[str, Decimal | None]:
        """Return yuan per unit of weight (or per point) by variant, None where unknown."""
        return {id: self._published_rate(variant) for id, variant in self.variants.items()}

    def variant(self, id: str | None = None) -> Variant:
        """Return a variant, the default one when None.

        Raises
        ------
        InputError
            The tariff has no such variant; the problem lists those it has.
        """
        chosen = id or self.default_variant
        if chosen not in self.variants:
            message = f"{self.title}没有 {chosen}；现有：{'、'.join(self.variants)}"
            raise InputError(
                self.id, [Problem("variant", "variant_unknown", message, "改用现有的一种")]
            )
        return self.variants[chosen]

    def ungrouped_row(self, mdc: str = "") -> str:
        """Return the code of the row that prices an ungrouped case of a category.

        Parameters
        ----------
        mdc
            Category of the case, such as ``MDCP``; some tariffs have a row of their own for it.
        """
        own = f"{UNGROUPED_PREFIX}{mdc.removeprefix('MDC')}"
        return own if own in self.groups else self.ungrouped or UNGROUPED_ROW

    def standard(
        self, drg: str, variant: str | None = None, *, rate: Decimal | None = None
    ) -> PaymentStandard:
        """Return the payment standard of a group (SPEC 3.1).

        The published amount where there is one; else V = b x RW x k, or points x k x value of
        a point.

        Parameters
        ----------
        drg
            Group code, such as ``ES33``; ``0000`` for an ungrouped case.
        variant
            Such as ``三级职工``; the default variant when None.
        rate
            Yuan per unit of weight (per point under the points method) instead of the published
            one, such as this year's; published amounts are not used then.

        Raises
        ------
        InputError
            The tariff has no such variant; the problem lists those it has.
        """
        chosen = self.variant(variant)
        group = self.groups.get(drg)
        if group is None:
            return self._unpriced(chosen, drg, "not_in_tariff")
        without = _without_price(group)
        if without:
            return self._unpriced(chosen, drg, without, group)
        return self._priced(chosen, group, rate)

    def _priced(
        self, variant: Variant, group: GroupWeight, asked: Decimal | None
    ) -> PaymentStandard:
        coefficient = self._coefficient(variant, group)
        rate = asked if asked is not None else self._rate(variant, group)
        points = self._points(group)
        units = group.weight if self.method == "rate" else points
        published = None if asked is not None else group.standards.get(variant.id)
        computed = (
            rate * units * coefficient
            if rate is not None and units is not None and coefficient is not None
            else None
        )
        amount = computed if published is None else published
        status: PriceStatus = "ungrouped" if is_ungrouped_row(group.drg) else "priced"
        if amount is None:
            status = "no_standard" if coefficient is None else "no_rate"
        return PaymentStandard(
            tariff=self.id,
            variant=variant.id,
            drg=group.drg,
            name=group.name,
            status=status,
            weight=group.weight,
            rate=rate,
            amount=None if amount is None else round_yuan(amount),
            coefficient=coefficient,
            points=points,
            flags=group.flags,
        )

    def _unpriced(
        self, variant: Variant, drg: str, status: PriceStatus, group: GroupWeight | None = None
    ) -> PaymentStandard:
        return PaymentStandard(
            tariff=self.id,
            variant=variant.id,
            drg=drg,
            name=group.name if group else "",
            status=status,
            weight=None,
            rate=self._published_rate(variant),
            amount=None,
            flags=group.flags if group else frozenset(),
        )

    def _published_rate(self, variant: Variant) -> Decimal | None:
        return variant.rate if self.method == "rate" else variant.point_value

    def _rate(self, variant: Variant, group: GroupWeight) -> Decimal | None:
        """Return the rate of a group: that of another variant where all hospitals get the same."""
        shared = next(
            (self.shared_rates[f] for f in sorted(group.flags) if f in self.shared_rates), None
        )
        return self._published_rate(self.variants[shared] if shared else variant)

    def _coefficient(self, variant: Variant, group: GroupWeight) -> Decimal | None:
        own = group.coefficients.get(variant.id, variant.coefficient)
        return Decimal(1) if own is None and not self.coefficients_by_group else own

    def _points(self, group: GroupWeight) -> Decimal | None:
        if self.method == "rate" or group.points is not None:
            return group.points
        if self.scale is None or group.weight is None:
            return None
        return group.weight * self.scale


def _without_price(group: GroupWeight) -> PriceStatus | None:
    """Return why a group has neither weight nor amount, None where it has."""
    if "uncovered" in group.flags:
        return "uncovered"
    if "placeholder" in group.flags:
        return "placeholder"
    if "by_item" in group.flags:
        return "by_item"
    if group.weight is None and group.points is None:
        return "no_weight"
    return None


def round_yuan(amount: Decimal) -> Decimal:
    """Round an amount in yuan half up to 0.01."""
    return amount.quantize(CENT, ROUND_HALF_UP)

"""Tariffs (支付标准): the weight and the amount that a region pays for a group.

Rate method (费率法, SPEC 3.1): V = b x RW x k with the rate b in yuan per unit
of weight, the weight RW of the group and the adjustment coefficient k. The
tariffs here publish no coefficient, so k = 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_verified_csv, read_yaml

FOLDER = "tariffs"
TARIFF_FILE = "tariff.yaml"
WEIGHTS_FILE = "weights.csv"
WEIGHTS_HEADER = ("drg", "name", "weight")
REMEDY = "运行 zhibian tariffs build --facts DIR 重建支付标准"

CENT = Decimal("0.01")

PriceStatus = Literal["priced", "no_weight", "ungrouped", "not_in_tariff"]


@dataclass(frozen=True, slots=True)
class GroupWeight:
    """One row of a tariff (一个组的权重): None where no weight is published."""

    drg: str
    name: str
    weight: Decimal | None


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
        ``priced``; ``ungrouped``, the row for ungrouped cases; ``no_weight``,
        published without a weight; ``not_in_tariff``.
    weight
        Weight RW, None without a price.
    rate
        Rate b, yuan per unit of weight.
    amount
        V = b x RW x k (k = 1) in yuan, rounded half up to 0.01; None without a price.
    """

    tariff: str
    variant: str
    drg: str
    name: str
    status: PriceStatus
    weight: Decimal | None
    rate: Decimal
    amount: Decimal | None

    @property
    def note(self) -> str:
        """Return the status in Chinese."""
        return {
            "priced": "有支付标准",
            "ungrouped": "未入组，按未入组一行计",
            "no_weight": "该组未公布权重",
            "not_in_tariff": "支付标准中没有该组",
        }[self.status]


@dataclass(frozen=True, slots=True)
class Tariff:
    """A region's tariff for one scheme and year (一个统筹区的支付标准).

    Attributes
    ----------
    id, title, region, year
        Such as ``linyi-2022``.
    scheme
        Grouping scheme that its groups belong to.
    rates
        Rate per variant (医院级别与险种), yuan per unit of weight.
    default_variant
        Variant used when none is named.
    groups
        Group to its weight.
    ungrouped
        The group code of the row for ungrouped cases.
    """

    id: str
    title: str
    region: str
    year: int
    scheme: str
    rates: Mapping[str, Decimal]
    default_variant: str
    groups: Mapping[str, GroupWeight] = field(repr=False)
    ungrouped: str

    def standard(self, drg: str, variant: str | None = None) -> PaymentStandard:
        """Return the payment standard of a group: V = b x RW x k, here k = 1 (SPEC 3.1).

        Parameters
        ----------
        drg
            Group code, such as ``ES33``; ``0000`` for an ungrouped case.
        variant
            Such as ``三级职工``; the default variant when None.

        Raises
        ------
        InputError
            The tariff has no such variant; the problem lists those it has.
        """
        chosen = variant or self.default_variant
        if chosen not in self.rates:
            message = f"{self.title}没有 {chosen}；现有：{'、'.join(self.rates)}"
            raise InputError(
                self.id, [Problem("variant", "variant_unknown", message, "改用现有的一种")]
            )
        rate = self.rates[chosen]
        group = self.groups.get(drg)
        status = self._status(group)
        weight = group.weight if group else None
        return PaymentStandard(
            tariff=self.id,
            variant=chosen,
            drg=drg,
            name=group.name if group else "",
            status=status,
            weight=weight,
            rate=rate,
            amount=None if weight is None else round_yuan(rate * weight),
        )

    def _status(self, group: GroupWeight | None) -> PriceStatus:
        if group is None:
            return "not_in_tariff"
        if group.weight is None:
            return "no_weight"
        return "ungrouped" if group.drg == self.ungrouped else "priced"


def round_yuan(amount: Decimal) -> Decimal:
    """Round an amount in yuan half up to 0.01."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def list_tariffs(rules: Path) -> tuple[str, ...]:
    """Return the ids of the tariffs in the rule folder, sorted."""
    return tuple(sorted(path.parent.name for path in (rules / FOLDER).glob(f"*/{TARIFF_FILE}")))


def load_tariff(rules: Path, id: str) -> Tariff:
    """Load one tariff and verify the sha256 of its weights.

    Parameters
    ----------
    rules
        Folder of the rule data.
    id
        Such as ``linyi-2022``.

    Raises
    ------
    InputError
        No such tariff (the problem lists those there are), or its files are
        absent or differ from each other.
    """
    available = list_tariffs(rules)
    if id not in available:
        message = f"没有支付标准 {id}；现有：{'、'.join(available) or '无'}"
        raise InputError(id, [Problem("tariff", "tariff_unknown", message, "改用现有的支付标准")])
    folder = rules / FOLDER / id
    told = read_yaml(folder / TARIFF_FILE, REMEDY)
    try:
        return _tariff(folder, told)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        problem = Problem(TARIFF_FILE, "tariff_invalid", "支付标准文件缺项或数值无效", REMEDY)
        raise InputError(id, [problem]) from None


def _tariff(folder: Path, told: Mapping[str, Any]) -> Tariff:
    rows = read_verified_csv(
        folder / WEIGHTS_FILE, WEIGHTS_HEADER, told["weights"]["sha256"], REMEDY
    )
    groups = {
        drg: GroupWeight(drg, name, Decimal(weight) if weight else None)
        for drg, name, weight in rows
    }
    rates = {variant: Decimal(v["rate"]) for variant, v in told["variants"].items()}
    return Tariff(
        id=told["id"],
        title=told["title"],
        region=told["region"],
        year=told["year"],
        scheme=told["scheme"],
        rates=MappingProxyType(rates),
        default_variant=told["default_variant"],
        groups=MappingProxyType(groups),
        ungrouped=told["ungrouped"]["drg"],
    )


def check_tariff(rules: Path, id: str) -> list[Problem]:
    """Return everything in which a tariff's files contradict each other.

    Parameters
    ----------
    rules
        Folder of the rule data.
    id
        Such as ``linyi-2022``.

    Returns
    -------
    list of Problem
        Empty when all is well.
    """
    try:
        tariff = load_tariff(rules, id)
    except InputError as error:
        return list(error.problems)
    told = read_yaml(rules / FOLDER / id / TARIFF_FILE, REMEDY)
    unpriced = sorted(drg for drg, group in tariff.groups.items() if group.weight is None)
    checks = [
        (tariff.id == id, "id_differs", "标识与文件夹名不同"),
        (len(tariff.groups) == told["weights"]["rows"], "row_count", "组数与清单不同"),
        (tariff.default_variant in tariff.rates, "variant_unknown", "默认类别没有费率"),
        (tariff.ungrouped in tariff.groups, "ungrouped_missing", "缺少未入组一行"),
        (
            unpriced == told["defects"]["groups_without_weight"],
            "defects_differ",
            "未公布权重的组与清单不同",
        ),
    ]
    return [Problem(id, code, message, REMEDY) for good, code, message in checks if not good]

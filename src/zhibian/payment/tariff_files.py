"""The files of a tariff (支付标准文件): ``tariff.yaml`` and ``weights.csv``, read and verified."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from zhibian.payment.group_weight import FLAGS, Flag, GroupWeight, Thresholds
from zhibian.payment.tariff import Tariff, Variant
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_verified_csv, read_yaml

FOLDER = "tariffs"
TARIFF_FILE = "tariff.yaml"
WEIGHTS_FILE = "weights.csv"
DEFECTS_FILE = "defects.csv"
DEFECTS_COLUMNS = ("code", "drg", "detail")
REMEDY = "运行 zhibian tariffs build --facts DIR 重建支付标准"


def list_tariffs(rules: Path) -> tuple[str, ...]:
    """Return the ids of the tariffs in the rule folder, sorted."""
    return tuple(sorted(path.parent.name for path in (rules / FOLDER).glob(f"*/{TARIFF_FILE}")))


def tariffs_of_scheme(rules: Path, scheme: str) -> tuple[str, ...]:
    """Return the ids of the tariffs of a scheme, the newest first; excerpts are left out.

    Parameters
    ----------
    rules
        Folder of the rule data.
    scheme
        Id of the scheme without a reading, such as ``chs-drg-1.1``.
    """
    told = (read_yaml(rules / FOLDER / id / TARIFF_FILE, REMEDY) for id in list_tariffs(rules))
    fitting = [
        (-int(t["year"]), str(t["id"]))
        for t in told
        if t["scheme"] == scheme and not t.get("excerpt")
    ]
    return tuple(id for _, id in sorted(fitting))


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
    return read_tariff(rules / FOLDER / id)


def read_tariff(folder: Path) -> Tariff:
    """Load the tariff in a folder; see `load_tariff`."""
    told = read_yaml(folder / TARIFF_FILE, REMEDY)
    try:
        rows = read_verified_csv(
            folder / WEIGHTS_FILE, told["weights"]["columns"], told["weights"]["sha256"], REMEDY
        )
        return tariff_of(told, told["weights"]["columns"], rows)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        problem = Problem(TARIFF_FILE, "tariff_invalid", "支付标准文件缺项或数值无效", REMEDY)
        raise InputError(folder.name, [problem]) from None


def tariff_of(told: Mapping[str, Any], columns: list[str], rows: list[list[str]]) -> Tariff:
    """Return the tariff of a manifest and the rows of its weights.

    Parameters
    ----------
    told
        Content of ``tariff.yaml``.
    columns, rows
        Header and rows of ``weights.csv``. A column ``standard:V``, ``coefficient:V``, ``low:V``
        or ``high:V`` belongs to the variant V.

    Raises
    ------
    KeyError, TypeError, ValueError, ArithmeticError
        Something is missing or no number.
    """
    cells = (dict(zip(columns, row, strict=True)) for row in rows)
    groups = {group.drg: group for group in map(_group, cells)}
    return Tariff(
        id=told["id"],
        title=told["title"],
        region=told["region"],
        year=told["year"],
        scheme=told["scheme"],
        method=told["method"],
        variants=MappingProxyType({id: _variant(id, v) for id, v in told["variants"].items()}),
        default_variant=told["default_variant"],
        groups=MappingProxyType(groups),
        ungrouped=told.get("ungrouped"),
        scale=_decimal(told.get("scale")),
        shared_rates=MappingProxyType(told.get("shared_rates", {})),
        coefficients_by_group=any(column.startswith("coefficient:") for column in columns),
        excerpt=told.get("excerpt", False),
    )


def _variant(id: str, told: Mapping[str, str]) -> Variant:
    return Variant(
        id=id,
        hospital_level=told.get("hospital_level", ""),
        insurance=told.get("insurance", ""),
        institution=told.get("institution", ""),
        rate=_decimal(told.get("rate")),
        point_value=_decimal(told.get("point_value")),
        coefficient=_decimal(told.get("coefficient")),
    )


def _group(cells: Mapping[str, str]) -> GroupWeight:
    low, high = _by_variant(cells, "low"), _by_variant(cells, "high")
    volume = cells.get("volume")
    return GroupWeight(
        drg=cells["drg"],
        name=cells["name"],
        weight=_decimal(cells["weight"]),
        flags=_flags(cells.get("flags", "")),
        points=_decimal(cells.get("points")),
        standards=_by_variant(cells, "standard"),
        coefficients=_by_variant(cells, "coefficient"),
        thresholds={v: Thresholds(low.get(v), high.get(v)) for v in {**low, **high}},
        mean_cost=_decimal(cells.get("mean_cost")),
        volume=int(volume) if volume else None,
        remark=cells.get("remark", ""),
    )


def _flags(text: str) -> frozenset[Flag]:
    flags = frozenset(text.split())
    if not flags <= FLAGS.keys():
        raise ValueError(text)
    return cast("frozenset[Flag]", flags)


def _by_variant(cells: Mapping[str, str], quantity: str) -> dict[str, Decimal]:
    """Return the numbers of the columns ``quantity:V`` by V, blank ones left out."""
    found = ((column.partition(":"), text) for column, text in cells.items() if text)
    return {variant: Decimal(text) for (name, _, variant), text in found if name == quantity}


def _decimal(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None

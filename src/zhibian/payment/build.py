"""Building a tariff from a table published locally (支付标准表的重建).

Which columns hold what is data: ``recipe.yaml`` beside the tariff. Published
amounts must be weight times one rate per variant; otherwise the build stops.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from zhibian.payment.tariff_files import TARIFF_FILE, WEIGHTS_FILE
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import (
    read_csv,
    read_text,
    read_yaml,
    sha256_of,
    write_csv,
    write_yaml,
)

RECIPE = "recipe.yaml"
_COLUMNS = ("drg", "name", "weight")
_REMEDY = "检查 --facts 目录中的来源文件"
_RECIPE_REMEDY = "从版本库恢复该支付标准的 recipe.yaml"
_COMMENT = "由 zhibian tariffs build 生成，勿手改；来源与说明写在 recipe.yaml"
_TOLD = (
    "id",
    "title",
    "region",
    "year",
    "scheme",
    "method",
    "method_title",
    "formula",
    "authority",
    "document",
)

_Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TariffReport:
    """What a tariff build found (重建结果).

    Attributes
    ----------
    id
        The tariff.
    groups
        Rows of the table, the ungrouped row included.
    without_weight
        Groups published without a weight.
    not_in_scheme, missing_in_tariff
        Groups of the tariff that the scheme lacks, and the reverse.
    names_that_differ
        Groups whose name differs from the scheme's.
    rates
        Rate per variant, yuan per unit of weight.
    """

    id: str
    groups: int
    without_weight: tuple[str, ...]
    not_in_scheme: tuple[str, ...]
    missing_in_tariff: tuple[str, ...]
    names_that_differ: tuple[str, ...]
    rates: Mapping[str, Decimal]


def build_tariff(facts: Path, out: Path) -> TariffReport:
    """Rebuild ``weights.csv`` and ``tariff.yaml`` of one tariff.

    Parameters
    ----------
    facts
        Folder of the reference tables (with ``payment`` and ``chs-drg-1.1``).
    out
        The tariff's folder; holds ``recipe.yaml`` and receives both files.

    Returns
    -------
    TariffReport
        Counts and known defects, as written into ``tariff.yaml``.

    Raises
    ------
    InputError
        A source is absent or malformed, a number is no decimal, or an amount
        is not weight times the rate of its variant. Nothing is written then.
    """
    recipe = read_yaml(out / RECIPE, _RECIPE_REMEDY)
    source = facts / recipe["source"]
    rows = _read_table(source, recipe)
    rates = _rates(source.name, rows, recipe)
    columns, ungrouped = recipe["columns"], str(recipe["ungrouped"])
    names = {row[columns["drg"]]: row[columns["name"]] for row in rows}
    weights = {row[columns["drg"]]: row[columns["weight"]] for row in rows}
    scheme = dict(read_csv(facts / recipe["scheme_groups"], ("drg", "name"), _REMEDY))
    report = TariffReport(
        id=recipe["id"],
        groups=len(rows),
        without_weight=tuple(drg for drg in sorted(names) if not weights[drg]),
        not_in_scheme=tuple(sorted(names.keys() - scheme.keys() - {ungrouped})),
        missing_in_tariff=tuple(sorted(scheme.keys() - names.keys())),
        names_that_differ=tuple(
            drg for drg in sorted(names) if scheme.get(drg, names[drg]) != names[drg]
        ),
        rates=rates,
    )
    sha256 = write_csv(
        out / WEIGHTS_FILE,
        _COLUMNS,
        [[drg, names[drg], weights[drg]] for drg in sorted(names)],
    )
    write_yaml(out / TARIFF_FILE, _manifest(facts, recipe, report, sha256), _COMMENT)
    return report


def _manifest(
    facts: Path,
    recipe: Mapping[str, Any],
    report: TariffReport,
    sha256: str,
) -> dict[str, Any]:
    other = recipe["other_rates"]
    told = json.loads(read_text(facts / other["file"], _REMEDY), parse_float=str, parse_int=str)
    ungrouped = str(recipe["ungrouped"])
    return {
        **{key: recipe[key] for key in _TOLD},
        "unit": "元/权重",
        "variants": {
            id: {
                "hospital_level": variant["hospital_level"],
                "insurance": variant["insurance"],
                "rate": str(report.rates[id]),
            }
            for id, variant in recipe["variants"].items()
        },
        "default_variant": recipe["default_variant"],
        "ungrouped": ungrouped,
        "weights": {
            "file": WEIGHTS_FILE,
            "columns": list(_COLUMNS),
            "rows": report.groups,
            "sha256": sha256,
        },
        "sources": [
            {"file": file, "sha256": sha256_of(facts / file)}
            for file in (recipe["source"], recipe["scheme_groups"], other["file"])
        ],
        "verified": {
            "rate_constant_over_groups": report.groups - len(report.without_weight),
            "names_that_differ_from_scheme": list(report.names_that_differ),
            "groups_not_in_scheme": list(report.not_in_scheme),
            "scheme_groups_not_in_tariff": list(report.missing_in_tariff),
        },
        "defects": {"groups_without_weight": list(report.without_weight)},
        "other_rates": {
            "file": other["file"],
            "used": False,
            "rates": told["base_rate_费率_元每权重"][other["region"]],
        },
        "notes": recipe["notes"],
    }


def _read_table(path: Path, recipe: Mapping[str, Any]) -> list[_Row]:
    """Read the published table and check its layout and keys."""
    reader = csv.DictReader(io.StringIO(read_text(path, _REMEDY)), restval="")
    wanted = [*recipe["columns"].values(), *(v["column"] for v in recipe["variants"].values())]
    missing = [column for column in wanted if column not in (reader.fieldnames or ())]
    _stop_on(
        path.name,
        [Problem(path.name, "column_missing", f"缺少列 {column}", _REMEDY) for column in missing],
    )
    rows: list[_Row] = list(reader)
    codes = [row[recipe["columns"]["drg"]] for row in rows]
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    problems = [Problem(path.name, "drg_repeated", "组重复", _REMEDY, code) for code in repeated]
    if str(recipe["ungrouped"]) not in codes:
        problems.append(Problem(path.name, "ungrouped_missing", "缺少未入组一行", _REMEDY))
    _stop_on(path.name, problems)
    return rows


def _rates(source: str, rows: Sequence[_Row], recipe: Mapping[str, Any]) -> dict[str, Decimal]:
    """Derive each variant's rate as amount over weight; it must be the same for all groups."""
    columns = recipe["columns"]
    problems: list[Problem] = []
    rates: dict[str, Decimal] = {}
    for id, variant in recipe["variants"].items():
        for row in rows:
            weight, amount = row[columns["weight"]], row[variant["column"]]
            field = f"{source} {row[columns['drg']]} {id}"
            if not weight and not amount:
                continue
            rate = _quotient(amount, weight)
            if rate is None:
                problems.append(Problem(field, "number_invalid", "权重或标准不是正数", _REMEDY))
            elif rate != rates.setdefault(id, rate):
                message = f"支付标准 ÷ 权重 = {rate}，与其他组的 {rates[id]} 不同"
                problems.append(Problem(field, "rate_not_constant", message, _REMEDY))
    _stop_on(source, problems)
    return rates


def _quotient(amount: str, weight: str) -> Decimal | None:
    try:
        numbers = Decimal(amount), Decimal(weight)
    except InvalidOperation:
        return None
    if not all(number.is_finite() and number > 0 for number in numbers):
        return None
    return (numbers[0] / numbers[1]).normalize() + 0


def _stop_on(source: str, problems: Sequence[Problem]) -> None:
    if problems:
        raise InputError(source, problems)

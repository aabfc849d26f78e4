"""Building a tariff from a table published locally (支付标准表的重建).

Which columns hold what is data: ``recipe.yaml`` beside the tariff. The build writes
``weights.csv``, what the table says; ``tariff.yaml``, what it is and where the rates come from;
and ``defects.csv``, everything that is doubtful about it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from zhibian.payment.group_weight import UNGROUPED_ROW, is_ungrouped_row
from zhibian.payment.published.defects import (
    Defect,
    DefectKinds,
    Rounding,
    load_defect_kinds,
    table_defects,
)
from zhibian.payment.published.rate_sources import RateSource, other_rates, rate_sources
from zhibian.payment.published.recipe import Recipe, read_recipe
from zhibian.payment.published.scheme_groups import all_scheme_groups, fit
from zhibian.payment.published.source_table import REMEDY, SourceRow, SourceTable, parse_table
from zhibian.payment.tariff import Tariff
from zhibian.payment.tariff_files import (
    DEFECTS_COLUMNS,
    DEFECTS_FILE,
    FOLDER,
    TARIFF_FILE,
    WEIGHTS_FILE,
    tariff_of,
)
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_bytes, read_text, sha256_of, write_csv, write_yaml

_COMMENT = "由 zhibian tariffs build 生成，勿手改；来源与说明写在 recipe.yaml"
_METHODS = {"rate": "费率法", "points": "点数法"}
_FORMULAS = {"rate": "V = b × RW × k", "points": "V = 点数 × k × 点值"}
_UNITS = {"rate": "元/权重", "points": "元/点"}
_PLAIN = ("points", "flags", "mean_cost", "volume", "remark")
_BY_VARIANT = {
    "coefficient": "coefficients",
    "standard": "standards",
    "low": "low",
    "high": "high",
}


@dataclass(frozen=True, slots=True)
class TariffReport:
    """What a tariff build found (重建结果).

    Attributes
    ----------
    tariff
        The tariff as built.
    defects
        Number of defects by kind.
    """

    tariff: Tariff
    defects: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all builds share (重建所需): facts, groups of every scheme, kinds of defects."""

    facts: Path
    schemes: Mapping[str, Mapping[str, str]]
    kinds: DefectKinds


def surroundings(facts: Path, rules: Path) -> Surroundings:
    """Load what all builds share.

    Parameters
    ----------
    facts
        Folder of the reference tables (with ``payment``).
    rules
        Folder of the rule data.
    """
    return Surroundings(facts, all_scheme_groups(rules), load_defect_kinds(rules / FOLDER))


def build_tariff(around: Surroundings, folder: Path) -> TariffReport:
    """Rebuild ``weights.csv``, ``tariff.yaml`` and ``defects.csv`` of one tariff.

    Parameters
    ----------
    around
        What all builds share.
    folder
        The tariff's folder; holds ``recipe.yaml`` and receives the files.

    Returns
    -------
    TariffReport
        The tariff and its defects.

    Raises
    ------
    InputError
        A source is absent, malformed or another one than the recipe was written for, or a rate
        can't be confirmed. Nothing is written then.
    """
    recipe = read_recipe(folder)
    home = around.facts if recipe.source_in == "facts" else folder
    table = _read_table(home / recipe.source, recipe)
    told_rates = other_rates(around.facts, recipe)
    sources = rate_sources(table.rows, recipe, told_rates)
    columns, rows = _weights(table.rows, recipe)
    manifest = {
        **_head(recipe),
        "variants": {id: _variant(id, recipe, table.rows, sources) for id in recipe.variants},
        **_middle(recipe),
        "weights": {"file": WEIGHTS_FILE, "columns": columns, "rows": len(rows), "sha256": ""},
    }
    tariff = tariff_of(manifest, columns, rows)
    rounding = Rounding(Decimal(recipe.weight_rounding), Decimal(recipe.amount_rounding))
    scheme = around.schemes.get(recipe.scheme)
    if scheme is None:
        problem = Problem("scheme", "scheme_unknown", "没有这个分组方案", REMEDY, recipe.scheme)
        raise InputError(recipe.id, [problem])
    defects = sorted((*table.defects, *table_defects(tariff, scheme, around.kinds, rounding)))
    manifest["weights"]["sha256"] = write_csv(folder / WEIGHTS_FILE, columns, rows)
    manifest["defects"] = _write_defects(folder, defects, around.kinds)
    manifest["scheme_fit"] = _scheme_fit(tariff, recipe, around.schemes)
    manifest["sources"] = _source_files(around.facts, recipe)
    manifest["other_rates"] = _other_rates(recipe, told_rates, sources)
    manifest["notes"] = list(recipe.notes)
    write_yaml(folder / TARIFF_FILE, _without_blanks(manifest), _COMMENT)
    return TariffReport(tariff, Counter(defect.code for defect in defects))


def _read_table(path: Path, recipe: Recipe) -> SourceTable:
    content = read_bytes(path, REMEDY)
    if hashlib.sha256(content).hexdigest() != recipe.sha256:
        problem = Problem(
            path.name, "source_changed", "来源文件与 recipe.yaml 的 sha256 不一致", REMEDY
        )
        raise InputError(path.name, [problem])
    return parse_table(read_text(path, REMEDY), path.name, recipe)


def _head(recipe: Recipe) -> dict[str, Any]:
    return {
        "id": recipe.id,
        "title": recipe.title,
        "region": recipe.region,
        "year": recipe.year,
        "authority": recipe.authority,
        "document": recipe.document,
        "scheme": recipe.scheme,
        "scheme_reason": recipe.scheme_reason,
        "method": recipe.method,
        "method_title": _METHODS[recipe.method],
        "formula": _FORMULAS[recipe.method],
        "unit": _UNITS[recipe.method],
        "scale": recipe.scale,
        **({"excerpt": True} if recipe.excerpt else {}),
    }


def _middle(recipe: Recipe) -> dict[str, Any]:
    return {
        "default_variant": recipe.default_variant,
        "ungrouped": UNGROUPED_ROW if recipe.ungrouped else None,
        "shared_rates": dict(recipe.shared_rates),
        "rounding": {"weight": recipe.weight_rounding, "amount": recipe.amount_rounding},
    }


def _variant(
    id: str, recipe: Recipe, rows: Sequence[SourceRow], sources: Mapping[str, RateSource]
) -> dict[str, Any]:
    """Return a variant of the manifest: one coefficient for all groups is that of the variant."""
    told = recipe.variants[id]
    common = _common_coefficient(id, rows)
    source = sources.get(id)
    key = "rate" if recipe.method == "rate" else "point_value"
    return _without_blanks(
        {
            "hospital_level": told.hospital_level,
            "insurance": told.insurance,
            "institution": told.institution,
            key: None if source is None else str(source.rate),
            "rate_from": None if source is None else source.origin,
            "rate_reproduces": None if source is None else source.reproduces,
            "coefficient": common or told.blank_coefficient,
        }
    )


def _common_coefficient(id: str, rows: Sequence[SourceRow]) -> str | None:
    """Return the coefficient that all groups have, None where they differ or one has none."""
    found = {row.coefficients.get(id, "") for row in rows}
    return found.pop() or None if len(found) == 1 else None


def _weights(rows: Sequence[SourceRow], recipe: Recipe) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of ``weights.csv``, without columns in which nothing stands."""
    made = [_cells(row, recipe) for row in rows]
    common = {f"coefficient:{id}" for id in recipe.variants if _common_coefficient(id, rows)}
    columns = ["drg", "name", "weight"] + [
        column
        for column in made[0]
        if column not in ("drg", "name", "weight")
        and column not in common
        and any(cells[column] for cells in made)
    ]
    return columns, [[cells[column] for column in columns] for cells in made]


def _cells(row: SourceRow, recipe: Recipe) -> dict[str, str]:
    cells = {"drg": row.drg, "name": row.name, "weight": row.weight}
    cells |= {field: getattr(row, field) for field in _PLAIN if field != "flags"}
    cells["flags"] = " ".join(sorted(row.flags))
    for quantity, field in _BY_VARIANT.items():
        published: Mapping[str, str] = getattr(row, field)
        cells |= {f"{quantity}:{id}": published.get(id, "") for id in recipe.variants}
    return cells


def _write_defects(folder: Path, defects: Iterable[Defect], kinds: DefectKinds) -> dict[str, Any]:
    rows = [[defect.code, defect.drg, defect.detail] for defect in defects]
    sha256 = write_csv(folder / DEFECTS_FILE, DEFECTS_COLUMNS, rows)
    counts = Counter(code for code, _, _ in rows)
    return {
        "file": DEFECTS_FILE,
        "rows": len(rows),
        "sha256": sha256,
        "kinds": {
            code: {"count": count, "title": kinds.titles[code]}
            for code, count in sorted(counts.items())
        },
    }


def _scheme_fit(
    tariff: Tariff, recipe: Recipe, schemes: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Return how the tariff's groups fit its scheme, and which other schemes fit no worse."""
    groups = {drg for drg in tariff.groups if not is_ungrouped_row(drg)}
    fits = {id: fit(groups, id, of_scheme) for id, of_scheme in schemes.items()}
    own = fits.pop(recipe.scheme)
    others = sorted((f.differing, id) for id, f in fits.items() if f.differing <= own.differing)
    return {
        "common": own.common,
        "only_in_tariff": own.tariff_only,
        "only_in_scheme": own.scheme_only,
        "no_worse": {id: differing for differing, id in others},
    }


def _source_files(facts: Path, recipe: Recipe) -> list[dict[str, str]]:
    others = [recipe.other_rates.file] if recipe.other_rates else []
    return [
        {"file": recipe.source, "sha256": recipe.sha256},
        *({"file": file, "sha256": sha256_of(facts / file)} for file in others),
    ]


def _other_rates(
    recipe: Recipe, told: Mapping[str, Any], sources: Mapping[str, RateSource]
) -> dict[str, Any] | None:
    if recipe.other_rates is None:
        return None
    return {
        "file": recipe.other_rates.file,
        "path": list(recipe.other_rates.path),
        "used": any(source.origin == "compilation" for source in sources.values()),
        "rates": told,
        "note": recipe.other_rates.note,
    }


def _without_blanks(told: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if value not in (None, "", [], {}, ())}

"""Checking a tariff against its manifest and its scheme (支付标准的校验)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from zhibian.payment.published.defects import (
    Defect,
    DefectKinds,
    Rounding,
    load_defect_kinds,
    table_defects,
)
from zhibian.payment.published.scheme_groups import scheme_groups
from zhibian.payment.tariff import Tariff
from zhibian.payment.tariff_files import (
    DEFECTS_COLUMNS,
    DEFECTS_FILE,
    FOLDER,
    REMEDY,
    TARIFF_FILE,
    load_tariff,
)
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_verified_csv, read_yaml


def check_tariff(
    rules: Path, id: str, schemes: Mapping[str, Mapping[str, str]] | None = None
) -> list[Problem]:
    """Return everything in which a tariff's files contradict each other or its scheme.

    Defects that follow from the table and the scheme are worked out anew.

    Parameters
    ----------
    rules
        Folder of the rule data.
    id
        Such as ``linyi-2022``.
    schemes
        Groups of the schemes by id, for many checks in a row; read when None.

    Returns
    -------
    list of Problem
        Empty when all is well.
    """
    try:
        tariff = load_tariff(rules, id)
        told = read_yaml(rules / FOLDER / id / TARIFF_FILE, REMEDY)
        listed = read_defects(rules, id)
        known = schemes and schemes.get(tariff.scheme)
        scheme = known or scheme_groups(rules, tariff.scheme)
        kinds = load_defect_kinds(rules / FOLDER)
        rounding = Rounding(*(Decimal(told["rounding"][key]) for key in ("weight", "amount")))
        found = table_defects(tariff, scheme, kinds, rounding)
    except InputError as error:
        return list(error.problems)
    except KeyError:
        return [Problem(id, "tariff_invalid", "支付标准文件缺项", REMEDY)]
    return [
        Problem(id, code, message, REMEDY)
        for code, message in (
            *_contradictions(id, tariff, told),
            *_other_defects(found, listed, kinds),
        )
    ]


def read_defects(rules: Path, id: str) -> tuple[Defect, ...]:
    """Read the defects of a tariff as its build listed them.

    Parameters
    ----------
    rules
        Folder of the rule data.
    id
        Such as ``linyi-2022``.

    Raises
    ------
    InputError
        The file is absent or differs from the manifest.
    """
    folder = rules / FOLDER / id
    told = read_yaml(folder / TARIFF_FILE, REMEDY)
    sha256 = told.get("defects", {}).get("sha256", "")
    rows = read_verified_csv(folder / DEFECTS_FILE, DEFECTS_COLUMNS, sha256, REMEDY)
    return tuple(Defect(*row) for row in rows)


def _contradictions(id: str, tariff: Tariff, told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    named = (tariff.default_variant, *tariff.shared_rates.values())
    checks = [
        (tariff.id == id, "id_differs", "标识与文件夹名不同"),
        (len(tariff.groups) == told["weights"]["rows"], "row_count", "组数与清单不同"),
        (
            all(variant in tariff.variants for variant in named),
            "variant_unknown",
            "默认类别或同价类别不在清单中",
        ),
        (
            tariff.ungrouped is None or tariff.ungrouped in tariff.groups,
            "ungrouped_missing",
            "缺少未入组一行",
        ),
    ]
    return ((code, message) for good, code, message in checks if not good)


def _other_defects(
    found: Iterable[Defect], listed: Iterable[Defect], kinds: DefectKinds
) -> Iterator[tuple[str, str]]:
    """Tell defects that are listed and not found, or found and not listed."""
    of_table = {defect for defect in listed if defect.code in kinds.found_in_table}
    now = set(found)
    for sides, word in ((now - of_table, "清单中没有"), (of_table - now, "清单中有，但已不存在")):
        for defect in sorted(sides):
            title = kinds.titles.get(defect.code, defect.code)
            yield "defects_differ", f"{word}：{title} {defect.drg}"

"""Defects of a tariff (支付标准的缺陷): what its rows contradict, lack or leave open.

Only what follows from the tariff and the list of groups of its scheme is found here; what was
put right while reading the published table is told by
:mod:`zhibian.payment.published.source_table`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from zhibian.payment.group_weight import GroupWeight, is_ungrouped_row
from zhibian.payment.published.scheme_groups import AMBIGUOUS
from zhibian.payment.tariff import Tariff
from zhibian.terminology.tables import read_yaml

KINDS_FILE = "defects.yaml"
_REMEDY = "从版本库恢复 rules/tariffs/defects.yaml"
_ADRG_LENGTH = 3


@dataclass(frozen=True, slots=True, order=True)
class Defect:
    """One defect (一处缺陷): its kind, the group or core group, and the figures in Chinese."""

    code: str
    drg: str
    detail: str


@dataclass(frozen=True, slots=True)
class DefectKinds:
    """What the kinds of defects mean and how levels are told from names (缺陷种类).

    Attributes
    ----------
    titles, meanings
        Title and explanation by kind, in Chinese.
    found_in_table
        Kinds that `table_defects` finds; the others come from the published table.
    levels
        Pattern of a level in a group's name and its rank; higher is more severe.
    """

    titles: Mapping[str, str]
    meanings: Mapping[str, str]
    found_in_table: frozenset[str]
    levels: tuple[tuple[re.Pattern[str], int], ...]


class Rounding(NamedTuple):
    """Half a unit of what is published (舍入).

    Attributes
    ----------
    weight
        Of the weights where the amounts were made from unrounded ones, else 0.
    amount
        Of the amounts, yuan.
    """

    weight: Decimal
    amount: Decimal


class _Levelled(NamedTuple):
    rank: int
    group: GroupWeight


def load_defect_kinds(folder: Path) -> DefectKinds:
    """Load the kinds of defects.

    Parameters
    ----------
    folder
        The folder ``tariffs`` of the rule data.
    """
    told = read_yaml(folder / KINDS_FILE, _REMEDY)
    kinds = told["kinds"]
    return DefectKinds(
        titles={code: kind["title"] for code, kind in kinds.items()},
        meanings={code: kind["meaning"] for code, kind in kinds.items()},
        found_in_table=frozenset(c for c, kind in kinds.items() if kind["found_in"] == "table"),
        levels=tuple((re.compile(level["pattern"]), level["rank"]) for level in told["levels"]),
    )


def table_defects(
    tariff: Tariff, scheme: Mapping[str, str], kinds: DefectKinds, rounding: Rounding
) -> list[Defect]:
    """Return everything in which a tariff contradicts its scheme or itself.

    Parameters
    ----------
    tariff
        The tariff.
    scheme
        Groups of its scheme by code, with their names.
    kinds
        How levels are told from names.
    rounding
        How far weights and amounts may be off.
    """
    groups = [g for g in tariff.groups.values() if not is_ungrouped_row(g.drg)]
    return sorted(
        (
            *_against_scheme(groups, scheme, kinds),
            *(() if tariff.excerpt else _missing(groups, scheme)),
            *_split_differences(groups, scheme),
            *_weights(groups),
            *_levels(groups, kinds),
            *_amounts(tariff, rounding),
        )
    )


def _against_scheme(
    groups: list[GroupWeight], scheme: Mapping[str, str], kinds: DefectKinds
) -> Iterator[Defect]:
    for group in groups:
        name = scheme.get(group.drg)
        if name is None:
            yield Defect("group_not_in_scheme", group.drg, group.name or "（无名称）")
        elif not group.drg.endswith(AMBIGUOUS) and _meant(name, kinds) != _meant(group.name, kinds):
            yield Defect("name_differs", group.drg, f"本表“{group.name}”，方案“{name}”")


def _missing(groups: list[GroupWeight], scheme: Mapping[str, str]) -> Iterator[Defect]:
    for drg in scheme.keys() - {group.drg for group in groups}:
        yield Defect("scheme_group_not_in_tariff", drg, scheme[drg])


def _split_differences(groups: list[GroupWeight], scheme: Mapping[str, str]) -> Iterator[Defect]:
    """Tell core groups that tariff and scheme both have, but divide otherwise."""
    here, there = _by_adrg(g.drg for g in groups), _by_adrg(scheme)
    for adrg in here.keys() & there.keys():
        own, other = here[adrg], there[adrg]
        if own - other and other - own:
            detail = f"本表 {_listed(own)}，方案 {_listed(other)}"
            yield Defect("split_differs", adrg, detail)


def _weights(groups: list[GroupWeight]) -> Iterator[Defect]:
    for group in groups:
        if "placeholder" in group.flags:
            yield Defect("placeholder_weight", group.drg, f"{group.name}，权重 {group.weight}")
        elif group.weight == 1:
            yield Defect("weight_one", group.drg, group.name)
        elif group.weight is None and group.points is None:
            yield Defect("no_weight", group.drg, group.name)
            if group.mean_cost is not None:
                yield Defect("mean_cost_only", group.drg, f"例均费用 {group.mean_cost}")


def _levels(groups: list[GroupWeight], kinds: DefectKinds) -> Iterator[Defect]:
    """Tell groups of a core group that are more severe by name and not dearer by weight."""
    stems: dict[tuple[str, str], list[_Levelled]] = defaultdict(list)
    for group in groups:
        stem, rank = _meant(group.name, kinds)
        if rank is not None and _worth(group) is not None:
            stems[group.drg[:_ADRG_LENGTH], stem].append(_Levelled(rank, group))
    for levels in stems.values():
        for first, second in combinations(sorted(levels, key=lambda v: -v.rank), 2):
            heavy, light = _worth(first.group), _worth(second.group)
            if first.rank == second.rank or heavy is None or light is None or heavy > light:
                continue
            code = "level_inversion" if heavy < light else "levels_equal"
            relation = "＜" if heavy < light else "＝"
            detail = f"{first.group.drg} {heavy} {relation} {second.group.drg} {light}"
            yield Defect(code, first.group.drg, detail)


def _amounts(tariff: Tariff, rounding: Rounding) -> Iterator[Defect]:
    """Tell amounts that are not weight x rate x k, and groups that a variant can't price."""
    for group in tariff.groups.values():
        for variant in tariff.variants:
            priced = tariff.standard(group.drg, variant)
            if priced.status == "no_standard":
                yield Defect("no_standard", group.drg, f"{variant}：系数为空，没有金额")
            published = group.standards.get(variant)
            if published is None or priced.rate is None or priced.amount is None:
                continue
            units = priced.weight if tariff.method == "rate" else priced.points
            if units is None or priced.coefficient is None:
                continue
            factor = priced.rate * priced.coefficient
            allowed = rounding.amount + factor * rounding.weight
            if abs(published - factor * units) > allowed:
                detail = f"{variant}：公布 {published}，权重 × 费率 × 系数 = {factor * units:.2f}"
                yield Defect("amount_differs", group.drg, detail)


def bare(name: str) -> str:
    """Return a name without the differences of typography: width, spaces, punctuation."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in text if unicodedata.category(c)[0] in "LN" or c in "<>≥≤%")


def _meant(name: str, kinds: DefectKinds) -> tuple[str, int | None]:
    """Return a name without its level and without typography, and the rank of the level."""
    for pattern, rank in kinds.levels:
        found = pattern.search(name)
        if found:
            return bare(name[: found.start()] + name[found.end() :]), rank
    return bare(name), None


def _worth(group: GroupWeight) -> Decimal | None:
    return group.usable_weight if group.points is None else group.points


def _by_adrg(drgs: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for drg in drgs:
        found[drg[:_ADRG_LENGTH]].add(drg)
    return found


def _listed(drgs: set[str]) -> str:
    return "、".join(sorted(drgs))

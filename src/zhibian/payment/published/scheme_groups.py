"""The groups of a scheme (分组方案的组目录), and how well a tariff's groups fit it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import NamedTuple

from zhibian.grouping.manifest import Manifest, TableName, Tables
from zhibian.grouping.overlay import apply
from zhibian.grouping.pack import (
    DEFAULT_READING,
    base_tables,
    pack_folders,
    read_changes,
    read_manifest,
    read_tables,
)
from zhibian.problems import InputError, Problem

AMBIGUOUS = "QY"
_OF_GROUPS: tuple[TableName, ...] = ("mdc", "adrg", "drg")
_Bases = dict[tuple[Path, str], Tables]


class SchemeFit(NamedTuple):
    """How the groups of a tariff fit a scheme (组目录的吻合).

    Attributes
    ----------
    scheme
        Id of the scheme.
    common, tariff_only, scheme_only
        Numbers of groups that both have, or one of them.
    """

    scheme: str
    common: int
    tariff_only: int
    scheme_only: int

    @property
    def differing(self) -> int:
        """Return the number of groups that only one of both has."""
        return self.tariff_only + self.scheme_only


def all_scheme_groups(rules: Path) -> dict[str, dict[str, str]]:
    """Return the groups of every scheme by its id; see `scheme_groups`."""
    bases: _Bases = {}
    return {id: _groups(folder, bases) for id, folder in pack_folders(rules).items()}


def scheme_groups(rules: Path, scheme: str) -> dict[str, str]:
    """Return the groups of a scheme with their names, ambiguous groups (歧义组 QY) included.

    Parameters
    ----------
    rules
        Folder of the rule data.
    scheme
        Such as ``chs-drg-1.1``.

    Raises
    ------
    InputError
        There is no such scheme, or its pack is damaged.
    """
    folder = pack_folders(rules).get(scheme)
    if folder is None:
        problem = Problem(
            "scheme", "scheme_unknown", "没有这个分组方案", "运行 zhibian rules list 查看", scheme
        )
        raise InputError(scheme, [problem])
    return _groups(folder, {})


def fit(groups: Set[str], scheme: str, of_scheme: Mapping[str, str]) -> SchemeFit:
    """Return how the groups of a tariff fit the groups of a scheme."""
    there = of_scheme.keys()
    return SchemeFit(scheme, len(groups & there), len(groups - there), len(there - groups))


def _groups(folder: Path, bases: _Bases) -> dict[str, str]:
    """Read the groups of a pack; a row that stands for a whole core group is no group."""
    manifest = read_manifest(folder)
    tables = _tables(folder, manifest, bases)
    groups = {row["drg"]: row["name"] for row in tables["drg"] if row["drg"] != row["adrg"]}
    if manifest.readings[DEFAULT_READING].ambiguous:
        groups |= {
            row["adrg"]: row["name"] for row in tables["adrg"] if row["adrg"].endswith(AMBIGUOUS)
        }
    return groups


def _tables(folder: Path, manifest: Manifest, bases: _Bases) -> Tables:
    """Read the tables of a pack; of an overlay only those of groups are put on its base."""
    if manifest.base is None:
        return read_tables(folder, manifest)
    key = (folder / manifest.base.folder).resolve(), manifest.base.scheme
    if key not in bases:
        bases[key] = base_tables(*key)
    changes = read_changes(folder)
    return apply(bases[key], {name: changes[name] for name in _OF_GROUPS if name in changes})

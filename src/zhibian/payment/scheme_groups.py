"""The groups of a scheme (分组方案的组目录), and how well a tariff's groups fit it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import NamedTuple

from zhibian.grouping.pack import DEFAULT_READING, pack_folders, read_manifest, read_tables
from zhibian.problems import InputError, Problem

AMBIGUOUS = "QY"


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
    return {id: _groups(folder) for id, folder in pack_folders(rules).items()}


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
    return _groups(folder)


def fit(groups: Set[str], scheme: str, of_scheme: Mapping[str, str]) -> SchemeFit:
    """Return how the groups of a tariff fit the groups of a scheme."""
    there = of_scheme.keys()
    return SchemeFit(scheme, len(groups & there), len(groups - there), len(there - groups))


def _groups(folder: Path) -> dict[str, str]:
    """Read the groups of a pack; a row that stands for a whole core group is no group."""
    manifest = read_manifest(folder)
    tables = read_tables(folder, manifest)
    groups = {row["drg"]: row["name"] for row in tables["drg"] if row["drg"] != row["adrg"]}
    if manifest.readings[DEFAULT_READING].ambiguous:
        groups |= {
            row["adrg"]: row["name"] for row in tables["adrg"] if row["adrg"].endswith(AMBIGUOUS)
        }
    return groups

"""Overlays of regional schemes on the command line (地方方案): built, and what they stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from zhibian.cli.common import refuse
from zhibian.grouping.check import Finding
from zhibian.grouping.manifest import Manifest
from zhibian.grouping.pack import read_manifest
from zhibian.grouping.regional_build import RegionalBuild, regions
from zhibian.problems import InputError, Problem

ALL = "all"


def built_overlays(
    facts: Path, wanted: str, home: Path
) -> Iterator[tuple[Manifest, list[Finding]]]:
    """Build overlays and yield what became of each.

    Parameters
    ----------
    facts
        Folder of source tables.
    wanted
        Folder of a region, or ``all``.
    home
        Folder of the overlays.

    Raises
    ------
    typer.Exit
        The region is unknown or a file can't be read; told on the standard error stream.
    """
    known = regions(home)
    if wanted not in (ALL, *known):
        remedy = f"可用：{'、'.join((*known, ALL))}"
        raise refuse([Problem("--regional", "region_unknown", "没有这个地方方案", remedy, wanted)])
    try:
        building = RegionalBuild(facts, home)
        for name in known if wanted == ALL else (wanted,):
            findings = building.build(name)
            yield read_manifest(home / name), findings
    except InputError as error:
        raise refuse(error.problems) from None
    except OSError as error:
        message = f"文件 {error.filename} 不能读写"
        raise refuse([Problem("--facts", "unreadable", message, "检查来源数据目录")]) from None


def standing(manifest: Manifest) -> str:
    """Return what an overlay stands on and how much it changes, empty for an edition."""
    if manifest.base is None:
        return ""
    rows = sum(manifest.base.rows.values())
    counts = f"{manifest.counts['adrg']} ADRG，{manifest.counts['drg']:,} DRG"
    return f"（基于 {manifest.base.scheme}，差异 {rows:,} 行；{counts}）"

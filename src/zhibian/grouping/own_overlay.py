"""Regional schemes that people write themselves (自编地方方案): their manifest from their files.

A hospital or a region that knows how its scheme differs from a national edition writes
``about.yaml``, the difference tables and dated corrections; the rest is derived here. Schemes
that have a transcription of their own are built by :mod:`zhibian.grouping.regional_build`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from zhibian.grouping.build import counts_of
from zhibian.grouping.manifest import TABLES, Manifest
from zhibian.grouping.overlay import OverlayError, apply, digest
from zhibian.grouping.pack import base_tables, read_changes
from zhibian.grouping.pack_files import yaml_text
from zhibian.grouping.regional_build import ABOUT
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import sha256_of


def write_manifest(folder: Path, base: Path, scheme: str) -> Manifest:
    """Write ``manifest.yaml`` of an overlay from ``about.yaml`` and its difference tables.

    Parameters
    ----------
    folder
        Folder of the overlay, with ``about.yaml`` and the tables that differ.
    base
        Folder of the pack that it stands on.
    scheme
        Scheme of the base; its reading decides which corrections the base has.

    Returns
    -------
    Manifest
        What was written. Whether the pack can be used is for
        :func:`zhibian.grouping.check.check_pack` to say.

    Raises
    ------
    InputError
        A file can't be read, a field of ``about.yaml`` is wrong (every one is named), or a table
        does not fit the base.
    """
    changes = read_changes(folder)
    try:
        tables = apply(base_tables(base, scheme), changes)
    except OverlayError as wrong:
        message = f"与所依据的方案 {scheme} 不符"
        remedy = "核对 change 一栏：增加的须是新编码，修改和删除的须是已有编码"
        field = f"{wrong.table}.csv {wrong.key}"
        problem = Problem(field, "overlay_mismatch", message, remedy)
        raise InputError(folder.name, [problem]) from None
    differing = [name for name in TABLES if changes.get(name)]
    sizes = [(folder / f"{name}.csv").stat().st_size for name in differing]
    manifest = _manifest(
        {
            **_written(folder),
            "base": {
                "scheme": scheme,
                "folder": Path(os.path.relpath(base, folder)).as_posix(),
                "rows": {name: len(changes[name]) for name in differing},
                "size": {scheme: sum(sizes)},
                "resolved": digest(tables),
            },
            "counts": counts_of(tables),
            "ambiguous_groups": [r["adrg"] for r in tables["adrg"] if r["kind"] == "ambiguous"],
            "sha256": {name: sha256_of(folder / f"{name}.csv") for name in differing},
            "sources": [],
        }
    )
    text = "# Written from about.yaml and the tables; edit those instead.\n" + yaml_text(manifest)
    (folder / "manifest.yaml").write_text(text, "utf-8")
    return manifest


def _written(folder: Path) -> Mapping[str, Any]:
    try:
        told = yaml.safe_load((folder / ABOUT).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        told = None
    if not isinstance(told, dict):
        remedy = "检查文件是否存在、是否为 UTF-8 的 YAML"
        problem = Problem(ABOUT, "unreadable", "文件不能读取", remedy)
        raise InputError(folder.name, [problem])
    return told


def _manifest(whole: Mapping[str, Any]) -> Manifest:
    try:
        return Manifest.model_validate(whole)
    except ValidationError as wrong:
        problems = [
            Problem(
                f"{ABOUT} {'.'.join(map(str, e['loc']))}",
                "field_invalid",
                f"字段不合格式（{e['type']}）",
                "对照已有地方方案的 about.yaml 修改",
            )
            for e in wrong.errors(include_input=False, include_url=False)
        ]
        raise InputError(ABOUT, problems) from None

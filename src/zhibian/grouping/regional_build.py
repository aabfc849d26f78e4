"""Builds the overlays of the regional schemes (地方方案差异包生成): facts in, differences out.

An overlay stands on the national edition that it differs least from. Its folder
holds what people write (``about.yaml``, ``patches``) and what the build derives:
the rows that differ, ``coverage.yaml``, ``findings.csv`` and ``manifest.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from zhibian.grouping.build import counts_of
from zhibian.grouping.check import Finding, check_pack, coverage_findings
from zhibian.grouping.manifest import COVERAGE, TABLES, Coverage, Gap, Manifest, TableName, Tables
from zhibian.grouping.overlay import OVERLAY_COLUMNS, Changes, difference, digest
from zhibian.grouping.pack import base_tables, read_gaps, read_patches
from zhibian.grouping.pack_files import rows_text, write_findings, write_rows, yaml_text
from zhibian.grouping.regional import (
    Region,
    RegionalRecipe,
    RegionalTables,
    read_region,
    read_regional_recipe,
    regional_tables,
)
from zhibian.grouping.transcript import TERMINOLOGY, column, read_csv
from zhibian.terminology.tables import sha256_of

ABOUT = "about.yaml"
_NAMED: tuple[TableName, ...] = ("mdc", "adrg", "drg")


@dataclass(frozen=True, slots=True)
class _Choice:
    """The overlay of a region on one base."""

    scheme: str
    made: RegionalTables
    changes: Changes
    size: int


def regions(home: Path) -> tuple[str, ...]:
    """Return the regions that have an overlay, by the name of their folder.

    Parameters
    ----------
    home
        Folder of the overlays, such as ``rules/chs-drg/regional``.
    """
    return tuple(sorted(p.parent.name for p in home.glob(f"*/{ABOUT}")))


class RegionalBuild:
    """Builds overlays; the candidates for their base are read once.

    Parameters
    ----------
    facts
        Folder with the transcriptions and ``terminology``.
    home
        Folder of the overlays with ``regions.yaml``.

    Raises
    ------
    OSError
        A source file is missing.
    InputError
        A candidate for the base can't be read.
    """

    def __init__(self, facts: Path, home: Path) -> None:
        self._facts = facts
        self._home = home
        self._recipe: RegionalRecipe = read_regional_recipe(home)
        self._bases = {s: base_tables(self._folder(s), s) for s in self._recipe.bases}
        self._diagnoses, self._procedures = (
            column(facts / path, key) for path, key in zip(TERMINOLOGY, ("dx", "proc"), strict=True)
        )

    def build(self, name: str) -> list[Finding]:
        """Write the overlay of one region.

        Parameters
        ----------
        name
            Folder of the region, both in the facts and among the overlays.

        Returns
        -------
        list of Finding
            What the build checks found and the base does not have, also in ``findings.csv``.

        Raises
        ------
        OSError
            A source file is missing.
        ValueError
            A rule of the transcription has no counterpart in the rule language.
        """
        out = self._home / name
        region = read_region(self._facts, name, self._recipe)
        choices = sorted((self._choice(region, s) for s in self._bases), key=lambda c: c.size)
        chosen = choices[0]
        for table in TABLES:
            path = out / f"{table}.csv"
            path.unlink(missing_ok=True)
            if chosen.changes[table]:
                write_rows(path, OVERLAY_COLUMNS[table], chosen.changes[table])
        written: dict[str, Any] = yaml.safe_load((out / ABOUT).read_text("utf-8"))
        _write_gaps(out, chosen.made.gaps + self._inherited_gaps(chosen.scheme, written))
        size = {c.scheme: c.size for c in sorted(choices, key=lambda c: c.scheme)}
        manifest = self._manifest(out, written, region, chosen, size)
        (out / "manifest.yaml").write_text(manifest, "utf-8")
        findings = check_pack(out)
        known = self._known_findings(chosen.scheme)
        findings += [
            f
            for f in coverage_findings(
                chosen.made.tables, self._diagnoses, self._procedures, region.repeats
            )
            if (f.check, f.subject, f.code) not in known
        ]
        findings += [Finding("unused_rule", r) for r in chosen.made.unused]
        write_findings(out, findings)
        return findings

    def _choice(self, region: Region, scheme: str) -> _Choice:
        # The base names what it has; what only another edition has keeps the name it has there.
        names = dict(_names(t for s, t in self._bases.items() if s != scheme))
        names.update(_names([self._bases[scheme]]))
        made = regional_tables(region, self._bases[scheme], names, self._recipe)
        changes = difference(self._bases[scheme], made.tables)
        size = sum(
            len(rows_text(OVERLAY_COLUMNS[t], rows).encode("utf-8"))
            for t, rows in changes.items()
            if rows
        )
        return _Choice(scheme, made, changes, size)

    def _manifest(
        self,
        out: Path,
        written: Mapping[str, Any],
        region: Region,
        chosen: _Choice,
        size: Mapping[str, int],
    ) -> str:
        differing = [t for t in TABLES if chosen.changes[t]]
        whole = {
            **written,
            "base": {
                "scheme": chosen.scheme,
                "folder": self._recipe.bases[chosen.scheme],
                "rows": {t: len(chosen.changes[t]) for t in differing},
                "size": size,
                "resolved": digest(chosen.made.tables),
            },
            "counts": counts_of(chosen.made.tables),
            "ambiguous_groups": chosen.made.ambiguous_groups,
            "set_names": dict(chosen.made.set_names),
            "sha256": {t: sha256_of(out / f"{t}.csv") for t in differing},
            "sources": [
                {"path": s, "sha256": sha256_of(self._facts / s)}
                for s in (*region.sources, *TERMINOLOGY)
            ],
        }
        valid = Manifest.model_validate(whole)
        return "# Written by `zhibian rules build`; edit about.yaml instead.\n" + yaml_text(valid)

    def _inherited_gaps(self, scheme: str, written: Mapping[str, Any]) -> tuple[Gap, ...]:
        """Return the gaps that come with the corrections that an overlay takes from its base."""
        used = {p for reading in written["readings"].values() for p in reading.get("patches", ())}
        folder = self._folder(scheme)
        mended = {row.key for p in read_patches(folder) if p.id in used for row in p.rows}
        return tuple(g for g in read_gaps(folder) if not mended.isdisjoint(g.groups))

    def _folder(self, scheme: str) -> Path:
        return (self._home / "region" / self._recipe.bases[scheme]).resolve()

    def _known_findings(self, scheme: str) -> set[tuple[str, str, str]]:
        """Return what the build of the base has found already."""
        rows = read_csv(self._folder(scheme) / "findings.csv")
        return {(r["check"], r["subject"], r["code"]) for r in rows}


def _names(bases: Iterator[Tables] | list[Tables]) -> Iterator[tuple[str, str]]:
    for tables in bases:
        for table in _NAMED:
            yield from ((row[table], row["name"]) for row in tables[table])


def _write_gaps(out: Path, gaps: tuple[Gap, ...]) -> None:
    path = out / COVERAGE
    path.unlink(missing_ok=True)
    if gaps:
        told = Coverage(gaps=gaps).model_dump(mode="json", exclude_defaults=True)
        text = yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=100)
        path.write_text("# Written by `zhibian rules build`.\n" + text, "utf-8")

"""Crosswalks (编码映射): from another edition to the NHSA edition.

The same code may mean different things in two editions (同码不同义), so a
conversion is a reported result and never a silent replacement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from zhibian.problems import InputError, Problem
from zhibian.terminology.code_set import FOLDER, MANIFEST, REMEDY, manifest_entry
from zhibian.terminology.names import normal_spelling, same_name, shown_code
from zhibian.terminology.tables import read_verified_csv, read_yaml

ICD10_CLINICAL_TO_NHSA = "icd10-clinical-2.0-to-nhsa-2.0"
ICD9CM3_CLINICAL_TO_NHSA = "icd9cm3-clinical-3.0-to-nhsa-2.0"

CROSSWALK_HEADER = ("code", "name", "nhsa")
HOMONYM_HEADER = ("code", "clinical_name", "nhsa_name", "nhsa", "kind")
TARGET_SEPARATOR = "|"

ConversionKind = Literal["identical", "mapped", "homonym", "several", "unmapped"]


@dataclass(frozen=True, slots=True)
class Homonym:
    """A code of both editions with two names (同码不同义).

    Attributes
    ----------
    code
        The code.
    clinical_name, nhsa_name
        What it means in the other edition (for most users the clinical one) and in the NHSA
        edition.
    nhsa
        NHSA code that the other edition's meaning maps to; several joined by ``|``, empty where
        no map is published.
    kind
        ``moved``: the other edition's meaning has another NHSA code; ``renamed``: the
        published map keeps the code though the wording differs; ``withdrawn``: no map is
        published.
    """

    code: str
    clinical_name: str
    nhsa_name: str
    nhsa: str
    kind: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """The result of converting one code (一条转换结果).

    Attributes
    ----------
    source
        The code as given.
    target
        NHSA code, None where no map is published or the map leads to several codes.
    kind
        ``identical``: same code, same name; ``mapped``: another code;
        ``homonym``: the code exists in both editions with different names, a
        person must look; ``several``: the map leads to several codes and does not say which;
        ``unmapped``: not in the other edition, or without a published map.
    note
        Explanation in Chinese.
    candidates
        NHSA codes that the map leads to: one for a code with a target, several for ``several``.
    homonym
        Both names of a code that means different things in the two editions, whatever became of
        the conversion.
    crosswalk
        Id of the map.
    """

    source: str
    target: str | None
    kind: ConversionKind
    note: str
    candidates: tuple[str, ...] = ()
    homonym: Homonym | None = None
    crosswalk: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the conversion as JSON-ready values; a source that is no code is left out."""
        return {
            "source": shown_code(self.source),
            "target": self.target,
            "kind": self.kind,
            "note": self.note,
            "candidates": list(self.candidates),
            "source_name": self.homonym.clinical_name if self.homonym else None,
            "nhsa_name": self.homonym.nhsa_name if self.homonym else None,
            "crosswalk": self.crosswalk,
        }


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """A code of another edition without one certain NHSA code.

    Attributes
    ----------
    name
        Its name in its own edition, empty where none is published.
    candidates
        NHSA codes that the map leads to: several, or none.
    """

    name: str
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """A published map of another edition to the NHSA edition (映射表).

    Attributes
    ----------
    id, title
        Such as ``icd10-clinical-2.0-to-nhsa-2.0`` and its Chinese title.
    source_title
        Chinese name of the other edition.
    entries
        Code of the other edition to its own name and the one NHSA code that it maps to.
    homonyms
        Codes that mean different things in the two editions.
    open
        Codes of the other edition that map to several NHSA codes or to none.
    """

    id: str
    title: str
    source_title: str
    entries: Mapping[str, tuple[str, str]] = field(repr=False)
    homonyms: Mapping[str, Homonym] = field(repr=False)
    open: Mapping[str, OpenEntry] = field(repr=False, default_factory=dict)

    def convert(self, code: str, name: str | None = None) -> Conversion:
        """Convert one code of the other edition to the NHSA edition.

        Parameters
        ----------
        code
            Code of the other edition.
        name
            Name filed with the code; for a homonym it tells the edition.

        Returns
        -------
        Conversion
            Never an error: an unknown code is ``unmapped``.
        """
        known = code in self.entries or code in self.open
        spelled = code if known else normal_spelling(code)
        if spelled in self.open:
            return self._convert_open(code, spelled, name)
        if spelled not in self.entries:
            note = f"{self.source_title}到医保版的公开映射中没有此编码"
            return Conversion(code, None, "unmapped", note, crosswalk=self.id)
        if spelled in self.homonyms:
            return self._convert_homonym(code, self.homonyms[spelled], name)
        own_name, target = self.entries[spelled]
        if target == code:
            note = f"{self.source_title}与医保版同码同义"
            return Conversion(code, target, "identical", note, (target,), crosswalk=self.id)
        note = f"{self.source_title} {f'{spelled} {own_name}'.strip()} → 医保版 {target}"
        return Conversion(code, target, "mapped", note, (target,), crosswalk=self.id)

    def _convert_open(self, code: str, spelled: str, name: str | None) -> Conversion:
        both = self.homonyms.get(spelled)
        if both is not None and _is_nhsa(both, name):
            return self._convert_homonym(code, both, name)
        found = self.open[spelled]
        own = f"{self.source_title} {f'{spelled} {found.name}'.strip()}"
        if not found.candidates:
            note = f"{own}没有公开映射"
            return Conversion(code, None, "unmapped", note, (), both, self.id)
        note = f"{own}对应多个医保版编码：{'、'.join(found.candidates)}，须人工选定"
        return Conversion(code, None, "several", note, found.candidates, both, self.id)

    def _convert_homonym(self, code: str, both: Homonym, name: str | None) -> Conversion:
        edition = self.source_title
        differs = (
            f"同码不同义：{both.code} 在{edition}为“{both.clinical_name}”，"
            f"在医保版为“{both.nhsa_name}”"
        )
        target = both.nhsa
        if _is_nhsa(both, name):
            target = both.code
            note = f"{differs}；所填名称与医保版一致，编码不变"
        elif name is not None and same_name(name, both.clinical_name):
            note = f"{differs}；所填名称与{edition}一致，对应医保版 {target}"
        else:
            note = f"{differs}；按{edition}转换为医保版 {target}，请人工核对"
        return Conversion(code, target, "homonym", note, (target,), both, self.id)


def _is_nhsa(both: Homonym, name: str | None) -> bool:
    """Tell whether a filed name is that of the NHSA edition and not of the other one."""
    return (
        name is not None
        and same_name(name, both.nhsa_name)
        and not same_name(name, both.clinical_name)
    )


def load_crosswalk(rules: Path, id: str) -> Crosswalk:
    """Load one crosswalk with its homonyms and verify both sha256.

    Parameters
    ----------
    rules
        Folder of the rule data.
    id
        Such as ``icd10-clinical-2.0-to-nhsa-2.0`` or ``icd9cm3-clinical-3.0-to-nhsa-2.0``.

    Raises
    ------
    InputError
        A table is unknown, absent, or differs from its manifest.
    """
    entry = manifest_entry(rules, id)
    homonym_entry = manifest_entry(rules, str(entry["homonyms"]))
    folder = rules / FOLDER
    rows = read_verified_csv(
        folder / str(entry["table"]), CROSSWALK_HEADER, str(entry["sha256"]), REMEDY
    )
    both = read_verified_csv(
        folder / str(homonym_entry["table"]),
        HOMONYM_HEADER,
        str(homonym_entry["sha256"]),
        REMEDY,
    )
    certain = {c: (name, to) for c, name, to in rows if to and TARGET_SEPARATOR not in to}
    open_ = {
        code: OpenEntry(name, tuple(nhsa.split(TARGET_SEPARATOR)) if nhsa else ())
        for code, name, nhsa in rows
        if code not in certain
    }
    return Crosswalk(
        id=id,
        title=str(entry["title"]),
        source_title=str(entry["source_title"]),
        entries=MappingProxyType(certain),
        homonyms=MappingProxyType({row[0]: Homonym(*row) for row in both}),
        open=MappingProxyType(open_),
    )


@dataclass(frozen=True, slots=True)
class FiledSet:
    """An edition that front pages may be filed in (首页采用的编码版本), with its two maps.

    Attributes
    ----------
    id, title
        Such as ``clinical-2.0`` and its Chinese title.
    diagnoses, procedures
        Maps of its diagnoses and of its procedures to the NHSA edition.
    """

    id: str
    title: str
    diagnoses: Crosswalk
    procedures: Crosswalk


def list_filed_sets(rules: Path) -> dict[str, str]:
    """Return id and title of every edition that front pages may be filed in.

    Raises
    ------
    InputError
        The manifest is absent or damaged.
    """
    return {id: entry["title"] for id, entry in _filed_sets(rules).items()}


def load_filed_set(rules: Path, id: str) -> FiledSet:
    """Load the maps of an edition that front pages may be filed in.

    Parameters
    ----------
    rules
        Folder of the rule data.
    id
        Such as ``clinical-2.0``.

    Raises
    ------
    InputError
        No such edition (the problem lists those there are), or a table is damaged.
    """
    known = _filed_sets(rules)
    if id not in known:
        message = f"没有编码版本 {id}；现有：{'、'.join(known)}"
        problem = Problem("code_set", "code_set_unknown", message, "改用现有的编码版本")
        raise InputError(MANIFEST, [problem])
    entry = known[id]
    return FiledSet(
        id,
        entry["title"],
        load_crosswalk(rules, entry["diagnoses"]),
        load_crosswalk(rules, entry["procedures"]),
    )


def _filed_sets(rules: Path) -> dict[str, dict[str, str]]:
    found = read_yaml(rules / FOLDER / MANIFEST, REMEDY).get("filed_sets")
    if not isinstance(found, dict):
        problem = Problem("filed_sets", "manifest_invalid", "清单缺少 filed_sets", REMEDY)
        raise InputError(MANIFEST, [problem])
    return found

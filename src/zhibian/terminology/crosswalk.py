"""Crosswalks (编码映射): from a clinical edition to the NHSA edition.

The same code may mean different things in two editions (同码不同义), so a
conversion is a reported result and never a silent replacement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from zhibian.terminology.code_set import FOLDER, REMEDY, manifest_entry
from zhibian.terminology.names import normal_spelling, same_name
from zhibian.terminology.tables import read_verified_csv

ICD10_CLINICAL_TO_NHSA = "icd10-clinical-2.0-to-nhsa-2.0"
ICD9CM3_CLINICAL_TO_NHSA = "icd9cm3-clinical-3.0-to-nhsa-2.0"

CROSSWALK_HEADER = ("code", "name", "nhsa")
HOMONYM_HEADER = ("code", "clinical_name", "nhsa_name", "nhsa", "kind")

ConversionKind = Literal["identical", "mapped", "homonym", "unmapped"]


@dataclass(frozen=True, slots=True)
class Homonym:
    """A code of both editions with two names (同码不同义).

    Attributes
    ----------
    code
        The code.
    clinical_name, nhsa_name
        What it means in each edition.
    nhsa
        NHSA code that the clinical meaning maps to.
    kind
        ``moved``: the clinical meaning has another NHSA code; ``renamed``: the
        published map keeps the code though the wording differs.
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
        NHSA code, None where no map is published.
    kind
        ``identical``: same code, same name; ``mapped``: another code;
        ``homonym``: the code exists in both editions with different names, a
        person must look; ``unmapped``: not in the clinical edition.
    note
        Explanation in Chinese.
    """

    source: str
    target: str | None
    kind: ConversionKind
    note: str


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """A published map of a clinical edition to the NHSA edition (映射表).

    Attributes
    ----------
    id, title
        Such as ``icd10-clinical-2.0-to-nhsa-2.0`` and its Chinese title.
    source_title
        Chinese name of the clinical edition.
    entries
        Clinical code to its own name and the NHSA code.
    homonyms
        Codes that mean different things in the two editions.
    """

    id: str
    title: str
    source_title: str
    entries: Mapping[str, tuple[str, str]] = field(repr=False)
    homonyms: Mapping[str, Homonym] = field(repr=False)

    def convert(self, code: str, name: str | None = None) -> Conversion:
        """Convert one clinical code to the NHSA edition.

        Parameters
        ----------
        code
            Code of the clinical edition.
        name
            Name filed with the code; for a homonym it tells the edition.

        Returns
        -------
        Conversion
            Never an error: an unknown code is ``unmapped``.
        """
        spelled = code if code in self.entries else normal_spelling(code)
        if spelled not in self.entries:
            return Conversion(code, None, "unmapped", f"{self.source_title}无此编码，没有公开映射")
        if spelled in self.homonyms:
            return _convert_homonym(code, self.homonyms[spelled], name, self.source_title)
        own_name, target = self.entries[spelled]
        if target == code:
            return Conversion(code, target, "identical", f"{self.source_title}与医保版同码同义")
        return Conversion(
            code, target, "mapped", f"{self.source_title} {spelled} {own_name} → 医保版 {target}"
        )


def _convert_homonym(code: str, both: Homonym, name: str | None, edition: str) -> Conversion:
    differs = (
        f"同码不同义：{both.code} 在{edition}为“{both.clinical_name}”，在医保版为“{both.nhsa_name}”"
    )
    is_clinical = name is not None and same_name(name, both.clinical_name)
    is_nhsa = name is not None and same_name(name, both.nhsa_name)
    if is_nhsa and not is_clinical:
        note = f"{differs}；所填名称与医保版一致，编码不变"
        return Conversion(code, both.code, "homonym", note)
    if is_clinical:
        note = f"{differs}；所填名称与{edition}一致，对应医保版 {both.nhsa}"
    else:
        note = f"{differs}；按{edition}转换为医保版 {both.nhsa}，请人工核对"
    return Conversion(code, both.nhsa, "homonym", note)


def load_crosswalk(rules: Path, id: str) -> Crosswalk:
    """Load one crosswalk with its homonyms and verify both sha256.

    Parameters
    ----------
    rules
        Folder of the rule data.
    id
        ``icd10-clinical-2.0-to-nhsa-2.0`` or ``icd9cm3-clinical-3.0-to-nhsa-2.0``.

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
    return Crosswalk(
        id=id,
        title=str(entry["title"]),
        source_title=str(entry["source_title"]),
        entries=MappingProxyType({code: (name, nhsa) for code, name, nhsa in rows}),
        homonyms=MappingProxyType({row[0]: Homonym(*row) for row in both}),
    )

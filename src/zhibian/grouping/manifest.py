"""What a rule pack says about itself (规则包清单), and its dated corrections (更正)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

TableName = Literal["mdc", "adrg", "drg", "sets", "cc", "exclusions"]
TABLES: tuple[TableName, ...] = ("mdc", "adrg", "drg", "sets", "cc", "exclusions")
COVERAGE = "coverage.yaml"
SetType = Literal["ZD", "SS", "KS"]
Row = dict[str, str]
Tables = dict[TableName, list[Row]]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reading(_Frozen):
    """One way to read the same tables (读法).

    Attributes
    ----------
    title
        Name for people.
    ambiguous
        Whether ambiguous groups (歧义组 QY) are on.
    patches
        Ids of the corrections that apply, in this order.
    gaps
        Whether a case that needs what ``coverage.yaml`` says is missing is answered "not covered";
        otherwise the tables are read as they were transcribed.
    missing
        What becomes of a case without a field that decides about a group: it is answered
        "insufficient data" (资料不足), or the condition fails and the search goes on, as public
        groupers do.
    """

    title: str
    ambiguous: bool
    patches: tuple[str, ...] = ()
    gaps: bool = True
    missing: Literal["insufficient", "fails"] = "insufficient"


class SourceFile(_Frozen):
    """One file that the pack was built from."""

    path: str
    sha256: str


class Defect(_Frozen):
    """One known defect of the published tables.

    Attributes
    ----------
    id
        Stable name.
    what
        What is wrong.
    effect
        What it does to cases.
    correction
        Id of the patch that mends it, None when the facts do not determine the right reading.
    """

    id: str
    what: str
    effect: str
    correction: str | None = None


class Repair(_Frozen):
    """A correction of the transcription that the tables already contain.

    Attributes
    ----------
    id
        Stable name.
    date
        When it was made.
    rows
        Core groups or categories concerned.
    reason
        What the transcription had lost, and why the repair is right.
    reference
        What determines it.
    """

    id: str
    date: date
    rows: tuple[str, ...]
    reason: str
    reference: str


class Base(_Frozen):
    """The pack that an overlay (地方方案差异包) stands on.

    Attributes
    ----------
    scheme
        Scheme whose tables, corrections of that reading included, the overlay changes.
    folder
        Its folder, seen from the folder of the overlay.
    rows
        Rows of the overlay by table: what differs from the base.
    size
        Bytes of the difference from each candidate; the base is the nearest.
    resolved
        sha256 of the tables that base and overlay together make.
    """

    scheme: str
    folder: str
    rows: Mapping[TableName, int]
    size: Mapping[str, int]
    resolved: str


class UngroupedCodes(_Frozen):
    """Codes of a case without group (未入组)."""

    mdc: str
    adrg: str
    drg: str


class Manifest(_Frozen):
    """The manifest of a rule pack, ``manifest.yaml``."""

    format: Literal["zhibian-rules/1"]
    id: str
    title: str
    authority: str
    document: str
    effective_from: date | None
    effective_to: date | None
    code_sets: Mapping[str, str]
    license: str
    age_in_days_for_newborns: str = Field(description="What XSRTL and XSRTZ mean in this edition")
    official_counts: Mapping[str, int] = Field(description="What the authority states")
    counts: Mapping[str, int]
    ambiguous_groups: tuple[str, ...]
    ungrouped: UngroupedCodes
    readings: Mapping[str, Reading]
    base: Base | None = None
    repairs: tuple[Repair, ...] = ()
    set_names: Mapping[str, str] = {}
    sha256: Mapping[TableName, str]
    sources: tuple[SourceFile, ...]
    known_defects: tuple[Defect, ...] = ()


class RowChange(_Frozen):
    """New values of one row of ``mdc``, ``adrg`` or ``drg``.

    ``was`` repeats the published values, so that a patch never lands on a table
    that it was not written for.
    """

    table: Literal["mdc", "adrg", "drg"]
    key: str
    was: Mapping[str, str]
    becomes: Mapping[str, str]


class SetChange(_Frozen):
    """Codes that a set gains or loses; a set that does not exist yet is made."""

    set: str
    type: SetType
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class ExclusionChange(_Frozen):
    """Principal diagnoses that an exclusion table (排除表) gains."""

    table: str
    add: tuple[str, ...]


class Gap(_Frozen):
    """What the sources of a pack leave open (规则包未覆盖): one entry of ``coverage.yaml``.

    Attributes
    ----------
    id
        Stable name.
    groups
        Core groups and ambiguous groups concerned.
    when
        Rule: the cases for which the sources do not tell whether the group takes them. Empty for
        every case that the other groups before it leave.
    sets
        Sets that ``when`` names and no table has.
    title
        What is missing, in Chinese, as shown to people.
    reason
        What the sources say, and where they differ.
    missing
        What would close the gap.
    """

    id: str
    groups: tuple[str, ...]
    when: str = ""
    sets: tuple[SetChange, ...] = ()
    title: str
    reason: str
    missing: str


class Coverage(_Frozen):
    """All gaps of a pack, ``coverage.yaml``."""

    gaps: tuple[Gap, ...]


class Patch(_Frozen):
    """One dated correction, ``patches/*.yaml``."""

    id: str
    date: date
    title: str
    reason: str
    reference: str
    rows: tuple[RowChange, ...] = ()
    sets: tuple[SetChange, ...] = ()
    exclusions: tuple[ExclusionChange, ...] = ()

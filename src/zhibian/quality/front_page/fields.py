"""What the engine knows of the fields of a front page (首页字段): groups, codes, dates.

A repeated group (重复项) is a set of list columns of equal length. Two groups are joined with the
principal entry in front, so that one condition is told once: ``diagnoses`` and ``procedures``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Domain = Literal["diagnosis", "procedure", "name"]


@dataclass(frozen=True, slots=True)
class Group:
    """A repeated group of fields (重复项).

    Attributes
    ----------
    id
        Name in rules: its first list column, or ``diagnoses`` or ``procedures``.
    fields
        List columns. An entry is there where one of its fields is filled.
    principal
        Scalar column of the entry in front of the list for each list column; empty for none.
    """

    id: str
    fields: tuple[str, ...]
    principal: Mapping[str, str]


_DIAGNOSES = {"C06C": "C03C", "C07N": "C04N", "C08C": "C05C"}
_PROCEDURES = {
    "C35C": "C14C",
    "C36N": "C15N",
    "C37": "C16",
    "C38": "C17",
    "C39": "C18",
    "C40": "C19",
    "C41": "C20",
    "C42C": "C21C",
    "C43C": "C22C",
    "C44": "C23",
}
_ICU = ("scs_cutd_ward_type", "inpool_time", "exit_time")

#: Repeated groups by the name that rules use.
GROUPS: Mapping[str, Group] = {
    g.id: g
    for g in (
        Group("C06C", tuple(_DIAGNOSES), {}),
        Group("C35C", tuple(_PROCEDURES), {}),
        Group("A18", ("A18",), {}),
        Group("scs_cutd_ward_type", _ICU, {}),
        Group("diagnoses", tuple(_DIAGNOSES), _DIAGNOSES),
        Group("procedures", tuple(_PROCEDURES), _PROCEDURES),
    )
}

#: List columns, each with the group that holds no principal entry.
LIST_FIELDS: Mapping[str, str] = {
    f: g.id for g in GROUPS.values() if not g.principal for f in g.fields
}

#: Fields that hold codes, with the code set they are of.
CODE_FIELDS: Mapping[str, Domain] = {
    "C01C": "diagnosis",
    "C03C": "diagnosis",
    "C06C": "diagnosis",
    "C09C": "diagnosis",
    "C12C": "diagnosis",
    "C14C": "procedure",
    "C35C": "procedure",
}

#: Columns that a page has codes and names in: principal, and the list of others.
PLACES: Mapping[str, tuple[str, str]] = {
    "diagnosis": ("C03C", "C06C"),
    "procedure": ("C14C", "C35C"),
    "diagnosis name": ("C04N", "C07N"),
    "procedure name": ("C15N", "C36N"),
}

#: Fields that hold a point in time. All other fields are compared as numbers.
TIME_FIELDS: frozenset[str] = frozenset(
    {
        "A13",
        "B12",
        "B15",
        "B33",
        "C16",
        "C37",
        "inpool_time",
        "exit_time",
        "setl_begn_date",
        "setl_end_date",
        "dcla_time",
    }
)

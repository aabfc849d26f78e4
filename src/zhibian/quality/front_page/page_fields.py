"""The fields of a front page as rules see them (规则所用的首页字段): groups, codes, times.

All of it comes from the catalogue of fields. What is added here is which scalar field stands in
front of which list: the principal diagnosis before the others, the principal procedure likewise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zhibian.records.front_page.catalogue import Catalogue, Field, Kind

Domain = Literal["diagnosis", "procedure", "name"]

_OTHER_DIAGNOSES = "other_diagnoses"
_OTHER_PROCEDURES = "other_procedures"
_JOINED = {"diagnoses": _OTHER_DIAGNOSES, "procedures": _OTHER_PROCEDURES}
# The interface numbers fields of the list on their own; the settlement list writes ``other_``.
_PRINCIPAL = {
    "C06C": "C03C",
    "C07N": "C04N",
    "C08C": "C05C",
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
_LISTED = "other_"

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


def domain_of(field: str) -> Domain:
    """Return what kind of text a field holds, as far as questions about its words go."""
    return CODE_FIELDS.get(field, "name")


@dataclass(frozen=True, slots=True)
class Group:
    """A repeated group of fields (重复项).

    Attributes
    ----------
    id
        ``diagnoses``, ``procedures``, or the name of the catalogue, such as ``other_diagnoses``.
    fields
        List columns. An entry is there where one of its fields is filled.
    principal
        Scalar column of the entry in front of the list, by list column; empty for none.
    """

    id: str
    fields: tuple[str, ...]
    principal: Mapping[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return all columns that entries come from."""
        return (*self.fields, *self.principal.values())


class PageFields:
    """Fields of the front page (首页字段): immutable, made from the catalogue.

    Parameters
    ----------
    catalogue
        The catalogue.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._fields = catalogue.by_id
        self.groups: Mapping[str, Group] = _groups(catalogue)
        self._group_of = {
            f: g.id for g in self.groups.values() if not g.principal for f in g.fields
        }

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def get(self, name: str) -> Field | None:
        """Return a field, None for an unknown one."""
        return self._fields.get(name)

    def name(self, field: str) -> str:
        """Return the Chinese name of a field."""
        return self._fields[field].name

    def group_named(self, name: str) -> Group | None:
        """Return a group by its name or by that of one of its list columns; None for neither."""
        return self.groups.get(self._group_of.get(name, name))

    def group_of(self, field: str) -> str:
        """Return the group that a list column is of, without principal entry; empty for none."""
        return self._group_of.get(field, "")

    def is_list(self, field: str) -> bool:
        """Tell whether a field is a list column."""
        return field in self._group_of

    def is_time(self, field: str) -> bool:
        """Tell whether a field holds a point in time; all others are compared as numbers."""
        found = self._fields.get(field)
        return found is not None and found.kind in (Kind.DATE, Kind.TIME)

    def is_personal(self, field: str) -> bool:
        """Tell whether a field identifies the patient, so that no message may show it."""
        return field in self._fields and self._fields[field].personal

    def with_dictionary(self) -> Mapping[str, str]:
        """Return the name of the dictionary of every field that has one."""
        return {f.id: f.dictionary for f in self._fields.values() if f.dictionary}

    def principal_of(self, field: str) -> str:
        """Return the scalar field in front of a list column, empty for none."""
        return _principal(field, self._fields)


def _principal(field: str, known: Mapping[str, Field]) -> str:
    bare = field.removeprefix(_LISTED)
    return _PRINCIPAL.get(field, bare if bare != field and bare in known else "")


def _groups(catalogue: Catalogue) -> dict[str, Group]:
    plain = {
        id: Group(id, tuple(f.id for f in fields), {}) for id, fields in catalogue.repeats.items()
    }
    known = catalogue.by_id
    joined = {
        id: Group(id, plain[of].fields, {f: _principal(f, known) for f in plain[of].fields})
        for id, of in _JOINED.items()
    }
    return {**plain, **joined}

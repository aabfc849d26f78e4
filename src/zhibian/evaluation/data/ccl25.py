"""Records of CCL25-Eval task 8 (任务8病历): whole ones field by field, and lists of names.

Of 594 records the publisher gives only the names that stand in them, in two lists: what the stay
was about, and history, course and orders. Such a record becomes a case of two documents, one name
a line; it may be learned from, never measured beside whole ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zhibian.documents.normalise import normalise
from zhibian.problems import InputError, Problem
from zhibian.records.case_json import Limits, case_from_mapping
from zhibian.records.field_record import ID_FIELD, case_from_fields
from zhibian.records.types import Case

#: What holds the two lists of names: type of the document, heading of the passage.
STAY_NAMES, BACKGROUND_NAMES = "本次名目", "背景名目"
_LISTS = {"entities_main": STAY_NAMES, "entities_other": BACKGROUND_NAMES}

_PRINCIPAL_FIELD, _OTHERS_FIELD = "主要诊断编码", "其他诊断编码"
_COMMA = re.compile(r"[，,；;]")


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One record of the file with its codes (一份任务8病历).

    Attributes
    ----------
    fields
        As published; the codes are among them and dropped by whoever reads the text.
    principal, others
        The principal code is not among the others, each of which stands once.
    """

    fields: Mapping[str, Any]
    principal: str
    others: tuple[str, ...]

    @property
    def id(self) -> str:
        """Return the id of the publisher."""
        return str(self.fields.get(ID_FIELD))

    @property
    def names_only(self) -> bool:
        """Return whether it is published as lists of names."""
        return any(key in self.fields for key in _LISTS)

    def names(self) -> dict[str, tuple[str, ...]]:
        """Return the names of both lists, by what holds them."""
        return {kind: tuple(_names(self.fields.get(key))) for key, kind in _LISTS.items()}

    def case(self, name: str, source: str, limits: Limits) -> Case:
        """Return the record as a case under another id.

        Parameters
        ----------
        name
            Id of the case.
        source
            Where it stands, for errors.
        limits
            Largest document.

        Raises
        ------
        InputError
            A field is no text, or there is no text at all.
        """
        if not self.names_only:
            return case_from_fields({**self.fields, ID_FIELD: name}, source, limits).case
        documents = [
            {"type": kind, "title": kind, "text": "\n".join(names)}
            for kind, names in self.names().items()
            if names
        ]
        raw = {"id": name, "admission": None, "documents": documents}
        return case_from_mapping(raw, source, limits).case


def field_row(raw: object, source: str) -> FieldRow:
    """Return one record of the file.

    Raises
    ------
    InputError
        It is no record, or lacks its codes.
    """
    if not isinstance(raw, Mapping) or not _has_codes(raw):
        message = f"缺少{_PRINCIPAL_FIELD}或{_OTHERS_FIELD}"
        remedy = "用 CCL25-Eval 任务8 发布的训练文件，或字段相同的病历"
        raise InputError(source, [Problem(source, "codes_missing", message, remedy)])
    principal = raw[_PRINCIPAL_FIELD]
    others = dict.fromkeys(code for code in raw[_OTHERS_FIELD] if code != principal)
    return FieldRow(raw, principal, tuple(others))


def is_names_only(case: Case) -> bool:
    """Return whether a case holds lists of names instead of documents."""
    return all(document.type in _LISTS.values() for document in case.documents)


def _has_codes(raw: Mapping[str, Any]) -> bool:
    others = raw.get(_OTHERS_FIELD)
    return (
        isinstance(raw.get(_PRINCIPAL_FIELD), str)
        and isinstance(others, list)
        and all(isinstance(code, str) for code in others)
    )


def _names(lists: object) -> Iterator[str]:
    """Yield the names of one list of lists, normalised, each once."""
    entries = lists if isinstance(lists, list) else [lists]
    seen: dict[str, None] = {}
    for entry in entries:
        for names in entry.values() if isinstance(entry, Mapping) else ():
            for name in _COMMA.split(normalise(names)) if isinstance(names, str) else ():
                if name.strip():
                    seen[name.strip()] = None
    yield from seen

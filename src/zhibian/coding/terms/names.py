"""The names that terms are linked to (目标名称表): one entry a distinct name of a code set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from zhibian.coding.terms.attributes import Attributes
from zhibian.coding.terms.parts import clean
from zhibian.coding.terms.types import Floats, Integers, Kind

_MORPHOLOGY = re.compile(r"^M\d{4,6}.*/\d")
_DIAGNOSIS = re.compile(r"^[A-Z]\d|^M\d")


@dataclass(frozen=True, slots=True)
class TargetCode:
    """One line of a code set (一条目标编码)."""

    code: str
    name: str
    grey: bool = False


@dataclass(frozen=True, slots=True)
class NameTable:
    """Distinct names with the code that each leads to (去重名称表).

    Attributes
    ----------
    kind
        Diagnoses or procedures; they are ranked by different models.
    codes, names
        Code and published name, by position.
    spelled
        Names as they are compared.
    exact
        Compared spelling to position: names first, then aliases.
    aliases
        Spellings of `exact` that are no names.
    shape
        What the code itself tells (names, len(SHAPE)).
    attributes
        Attribute masks (names, attributes).
    """

    kind: Kind
    codes: tuple[str, ...]
    names: tuple[str, ...]
    spelled: tuple[str, ...]
    exact: Mapping[str, int]
    aliases: frozenset[str]
    shape: Floats
    attributes: Integers

    def __len__(self) -> int:
        return len(self.codes)


SHAPE = ("code_length", "morphology", "dagger", "grey", "same_name", "name_length")


def build_names(
    codes: Sequence[TargetCode], aliases: Iterable[tuple[str, str]], attributes: Attributes
) -> NameTable:
    """Put a code set together for linking.

    Where several codes share a name the finest code that may be filed stands for it,
    then the first in the order of the code set.

    Parameters
    ----------
    codes
        The code set.
    aliases
        ``(alias, name)``; an alias whose name is not in the set is left out.
    attributes
        The word list of attributes.
    """
    by_name: dict[str, list[TargetCode]] = {}
    for one in codes:
        spelled = clean(one.name)
        if spelled:
            by_name.setdefault(spelled, []).append(one)
    best = [min(same, key=lambda c: (c.grey, -len(c.code))) for same in by_name.values()]
    spelled_names = tuple(by_name)
    exact = {name: place for place, name in enumerate(spelled_names)}
    learned: set[str] = set()
    for alias, name in aliases:
        spelled, place = clean(alias), exact.get(clean(name))
        if place is not None and spelled and spelled not in exact:
            exact[spelled] = place
            learned.add(spelled)
    shape = [
        (
            len(one.code),
            _MORPHOLOGY.match(one.code) is not None,
            "+" in one.code or "*" in one.code or "†" in one.code,
            one.grey,
            len(by_name[spelled]),
            len(spelled),
        )
        for one, spelled in zip(best, spelled_names, strict=True)
    ]
    return NameTable(
        kind=kind_of([one.code for one in best]),
        codes=tuple(one.code for one in best),
        names=tuple(one.name for one in best),
        spelled=spelled_names,
        exact=MappingProxyType(exact),
        aliases=frozenset(learned),
        shape=np.array(shape, np.float32),
        attributes=np.array([attributes.read(name) for name in spelled_names], np.int64),
    )


def kind_of(codes: Sequence[str]) -> Kind:
    """Tell diagnoses from procedures by the shape of most codes."""
    lettered = sum(_DIAGNOSIS.match(code) is not None for code in codes)
    return "diagnosis" if lettered * 2 > len(codes) else "procedure"

"""Single coding errors as edits of a page (编码差错): each takes a page and returns a wrong one.

The kinds follow what quality inspections of front pages name: omitted and groundless complications,
a wrong or an inexact principal diagnosis, omitted procedures (SPEC 2.8 and 3.3).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from zhibian.grouping.severity import Level

_CATEGORY, _SUBCATEGORY = 3, 5


@dataclass(frozen=True, slots=True)
class Page:
    """The codes of a page (首页编码); the principal procedure comes first."""

    principal: str
    others: tuple[str, ...]
    procedures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What a coder could have written instead (可能误写的编码).

    Attributes
    ----------
    level
        CC/MCC level of a diagnosis before exclusion.
    filed
        Other diagnoses of all pages by level, as often as they are filed: groundless ones are
        drawn from them, so that common ones are common among them too.
    diagnoses, procedures
        Codes of a category, and of a subcategory of procedures.
    """

    level: Callable[[str], Level]
    filed: Mapping[Level, Sequence[str]]
    diagnoses: Mapping[str, Sequence[str]]
    procedures: Mapping[str, Sequence[str]]


#: Page, neighbours, random numbers of this page → wrong page; None where the error can't be made.
Edit = Callable[[Page, Neighbours, random.Random], Page | None]


def neighbours_of(
    pages: Sequence[Page],
    level: Callable[[str], Level],
    diagnoses: Sequence[str],
    procedures: Sequence[str],
) -> Neighbours:
    """Return what could be written instead.

    Parameters
    ----------
    pages
        All pages.
    level
        CC/MCC level of a diagnosis.
    diagnoses, procedures
        Valid codes of the code sets.
    """
    filed: dict[Level, list[str]] = {found: [] for found in Level}
    for page in pages:
        for code in page.others:
            filed[level(code)].append(code)
    return Neighbours(
        level, filed, _by_start(diagnoses, _CATEGORY), _by_start(procedures, _SUBCATEGORY)
    )


def _by_start(codes: Sequence[str], length: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code in codes:
        found.setdefault(code[:length], []).append(code)
    return found


def _omit(level: Level) -> Edit:
    def edit(page: Page, around: Neighbours, dice: random.Random) -> Page | None:
        found = [code for code in page.others if around.level(code) is level]
        return _without(page, dice.choice(found)) if found else None

    return edit


def _omit_all(page: Page, around: Neighbours, dice: random.Random) -> Page | None:
    kept = tuple(code for code in page.others if around.level(code) is Level.NONE)
    return None if kept == page.others else replace(page, others=kept)


def _add(level: Level) -> Edit:
    def edit(page: Page, around: Neighbours, dice: random.Random) -> Page | None:
        if not around.filed[level]:
            return None
        code = dice.choice(around.filed[level])
        if code == page.principal or code in page.others:
            return None
        return replace(page, others=(*page.others, code))

    return edit


def _exchange_principal(page: Page, around: Neighbours, dice: random.Random) -> Page | None:
    if not page.others:
        return None
    first = dice.choice(page.others)
    rest = tuple(code for code in page.others if code != first)
    return replace(page, principal=first, others=(page.principal, *rest))


def _near_principal(page: Page, around: Neighbours, dice: random.Random) -> Page | None:
    code = _other(page.principal, around.diagnoses, _CATEGORY, page.others, dice)
    return None if code is None else replace(page, principal=code)


def _near_other(page: Page, around: Neighbours, dice: random.Random) -> Page | None:
    if not page.others:
        return None
    wrong = dice.choice(page.others)
    code = _other(wrong, around.diagnoses, _CATEGORY, (page.principal, *page.others), dice)
    if code is None:
        return None
    return replace(page, others=tuple(code if one == wrong else one for one in page.others))


def _omit_main_procedure(page: Page, around: Neighbours, dice: random.Random) -> Page | None:
    return replace(page, procedures=page.procedures[1:]) if page.procedures else None


def _near_procedure(page: Page, around: Neighbours, dice: random.Random) -> Page | None:
    if not page.procedures:
        return None
    main, *rest = page.procedures
    code = _other(main, around.procedures, _SUBCATEGORY, rest, dice)
    return None if code is None else replace(page, procedures=(code, *rest))


def _without(page: Page, code: str) -> Page:
    return replace(page, others=tuple(one for one in page.others if one != code))


def _other(
    code: str,
    alike: Mapping[str, Sequence[str]],
    length: int,
    filed: Sequence[str],
    dice: random.Random,
) -> str | None:
    """Return another code of the same beginning that the page doesn't have already."""
    found = [one for one in alike.get(code[:length], ()) if one != code and one not in filed]
    return dice.choice(found) if found else None


#: Kinds of errors by name, with their Chinese title.
ERRORS: Mapping[str, tuple[str, Edit]] = MappingProxyType(
    {
        "omit-mcc": ("漏报一个 MCC", _omit(Level.MCC)),
        "omit-cc": ("漏报一个 CC", _omit(Level.CC)),
        "omit-all": ("漏报全部 CC/MCC", _omit_all),
        "add-mcc": ("多报一个无依据的 MCC", _add(Level.MCC)),
        "add-cc": ("多报一个无依据的 CC", _add(Level.CC)),
        "exchange-principal": ("主要诊断与其他诊断颠倒", _exchange_principal),
        "near-principal": ("主要诊断同类目错码", _near_principal),
        "near-other": ("其他诊断同类目错码", _near_other),
        "omit-main-procedure": ("漏报主要手术操作", _omit_main_procedure),
        "near-procedure": ("主要手术操作同细目错码", _near_procedure),
    }
)

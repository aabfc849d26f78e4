"""Looking into a scheme (查看规则包): the pack itself, a category or group, a code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zhibian.grouping.coverage import principals_of
from zhibian.grouping.diff import CodeRole, code_role
from zhibian.grouping.evaluate import Rule
from zhibian.grouping.language import VIRTUAL_SETS, sets_of
from zhibian.grouping.manifest import Gap
from zhibian.grouping.pack import AdrgRule, DrgRule, MdcRule, RulePack
from zhibian.grouping.severity import Level


@dataclass(frozen=True, slots=True)
class ShownSet:
    """A set that a rule names.

    Attributes
    ----------
    name, title
        Name in the rules and Chinese name, empty where the pack gives none.
    fields
        Fields that the rule compares it with.
    codes
        Its codes in order.
    """

    name: str
    title: str
    fields: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A category, core group or group inside another.

    Attributes
    ----------
    code, name
        Which one.
    kind
        Kind of a core group, empty for the others.
    rule
        Its rule in the official language; empty is always true.
    """

    code: str
    name: str
    kind: str
    rule: str


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A category, core group or group (大类、核心组或细分组).

    Attributes
    ----------
    tier
        ``mdc``, ``adrg`` or ``drg``.
    code, name, kind
        Which one; the kind is that of a core group.
    position, of
        Place in the order of evaluation, from 1, and how many there are: categories of the
        scheme, core groups of the category, groups of the core group.
    within
        Category and core group that it is in, outermost first.
    rule
        Rule in the official language; empty is always true.
    sets
        Sets that the rule names.
    parts
        Core groups of a category, groups of a core group, in the order of evaluation.
    gaps
        What the pack leaves open about a core group.
    """

    tier: str
    code: str
    name: str
    kind: str
    position: int
    of: int
    within: tuple[ShownPart, ...]
    rule: str
    sets: tuple[ShownSet, ...]
    parts: tuple[ShownPart, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A diagnosis or procedure in a scheme.

    Attributes
    ----------
    code
        The code.
    role
        Level, exclusion tables and the categories and core groups whose rules name it.
    sets
        Names of the sets that hold it.
    excluding
        How many principal diagnoses exclude it as CC or MCC.
    excludes
        How many CC and MCC it excludes as principal diagnosis.
    as_principal
        Core groups that it may reach as principal diagnosis, by category: those whose rule takes
        it or takes any principal diagnosis (operations of the category).
    """

    code: str
    role: CodeRole
    sets: tuple[str, ...]
    excluding: int
    excludes: int
    as_principal: tuple[tuple[str, tuple[str, ...]], ...]


def show_group(code: str, pack: RulePack) -> ShownGroup | None:
    """Return a category, core group or group by its code, None when the scheme has none such.

    Parameters
    ----------
    code
        Such as ``MDCE``, ``ES3`` or ``ES31``.
    pack
        The scheme.
    """
    for i, mdc in enumerate(pack.mdcs, start=1):
        if mdc.code == code:
            return _mdc(i, mdc, pack)
        for j, adrg in enumerate(mdc.adrgs, start=1):
            if adrg.code == code:
                return _adrg(j, adrg, mdc, pack)
            for k, drg in enumerate(adrg.drgs, start=1):
                if drg.code == code:
                    return _drg(k, drg, adrg, mdc, pack)
    return None


def show_code(code: str, pack: RulePack) -> ShownCode:
    """Return what a code does in a scheme.

    Parameters
    ----------
    code
        NHSA ICD-10 or ICD-9-CM-3 code, also one that no rule names.
    pack
        The scheme.
    """
    role = code_role(code, pack)
    tables = pack.severity
    excluded = [
        c for c, (_, table) in tables.levels.items() if table and table == role.principal_table
    ]
    excluding = [c for c, table in tables.principals.items() if table == role.table]
    diagnosis = code[:1].isalpha()
    return ShownCode(
        code,
        role,
        tuple(name for name, codes in pack.sets.items() if code in codes),
        len(excluding) if role.level is not Level.NONE else 0,
        len(excluded),
        tuple(_as_principal(code, pack)) if diagnosis else (),
    )


def group_codes(pack: RulePack) -> list[str]:
    """Return the codes of all categories, core groups and groups, in the order of evaluation."""
    return list(pack.names())


def _as_principal(code: str, pack: RulePack) -> Iterator[tuple[str, tuple[str, ...]]]:
    for mdc in pack.mdcs:
        gate = principals_of(mdc.rule.condition, pack)
        if gate is not None and code not in gate:
            continue
        found = []
        for adrg in mdc.adrgs:
            taken = principals_of(adrg.rule.condition, pack)
            # A category for any diagnosis is worth telling only where it names this one.
            if (taken is None and gate is not None) or (taken is not None and code in taken):
                found.append(adrg.code)
        if found:
            yield mdc.code, tuple(found)


def _mdc(position: int, mdc: MdcRule, pack: RulePack) -> ShownGroup:
    return ShownGroup(
        "mdc",
        mdc.code,
        mdc.name,
        "",
        position,
        len(pack.mdcs),
        (),
        mdc.rule.text,
        _sets(mdc.rule, pack),
        tuple(ShownPart(a.code, a.name, a.kind, a.rule.text) for a in mdc.adrgs),
        (),
    )


def _adrg(position: int, adrg: AdrgRule, mdc: MdcRule, pack: RulePack) -> ShownGroup:
    return ShownGroup(
        "adrg",
        adrg.code,
        adrg.name,
        adrg.kind,
        position,
        len(mdc.adrgs),
        (_part(mdc),),
        adrg.rule.text,
        _sets(adrg.rule, pack),
        tuple(ShownPart(d.code, d.name, "", d.rule.text) for d in adrg.drgs),
        tuple(g.gap for g in adrg.gaps),
    )


def _drg(position: int, drg: DrgRule, adrg: AdrgRule, mdc: MdcRule, pack: RulePack) -> ShownGroup:
    return ShownGroup(
        "drg",
        drg.code,
        drg.name,
        adrg.kind,
        position,
        len(adrg.drgs),
        (_part(mdc), ShownPart(adrg.code, adrg.name, adrg.kind, adrg.rule.text)),
        drg.rule.text,
        _sets(drg.rule, pack),
        (),
        tuple(g.gap for g in adrg.gaps),
    )


def _part(mdc: MdcRule) -> ShownPart:
    return ShownPart(mdc.code, mdc.name, "", mdc.rule.text)


def _sets(rule: Rule, pack: RulePack) -> tuple[ShownSet, ...]:
    titles = pack.manifest.set_names
    order: Sequence[str] = ("ZYZD", "QTZD", "ZYSS", "QTSS", "KS")
    return tuple(
        ShownSet(
            name,
            titles.get(name, ""),
            tuple(f for f in order if f in fields),
            tuple(sorted(pack.sets[name])),
        )
        for name, fields in sets_of(rule.condition).items()
        if name not in VIRTUAL_SETS
    )

"""What a scheme does not cover (覆盖情况): gaps of its sources, codes that no rule takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.language import (
    PROCEDURE_FIELDS,
    VIRTUAL_SETS,
    Condition,
    Member,
    leaves,
    sets_of,
)
from zhibian.grouping.manifest import Gap
from zhibian.grouping.pack import AdrgRule, MdcRule, RulePack
from zhibian.grouping.terms import Term, terms
from zhibian.grouping.wording import VALID

_PROCEDURE_CHAPTER = 2


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """What a scheme does not cover.

    Attributes
    ----------
    scheme
        The scheme.
    gaps
        What its sources leave open.
    principals_without_mdc
        Diagnoses of the code set that no category takes as principal diagnosis. Of a category that
        asks for no diagnosis (先期分组) the lists of its core groups count.
    procedures_without_group
        Procedures of the code set that no rule names.
    valid_without_group
        Procedures that count as valid (有效手术操作) and are in no list of a core group: beside
        most principal diagnoses they lead to an ambiguous group.
    principals_without_medical_group
        By category: principal diagnoses that no core group takes without a procedure.
    unknown
        By set: codes of the scheme that are not in the code set.
    """

    scheme: str
    gaps: tuple[Gap, ...]
    principals_without_mdc: tuple[str, ...]
    procedures_without_group: tuple[str, ...]
    valid_without_group: tuple[str, ...]
    principals_without_medical_group: Mapping[str, tuple[str, ...]]
    unknown: Mapping[str, tuple[str, ...]]


def coverage(pack: RulePack, codebook: CodeBook) -> CoverageReport:
    """Return what a scheme does not cover.

    Parameters
    ----------
    pack
        The scheme.
    codebook
        Code sets of the authority.
    """
    gates = {m.code: principals_of(m.rule.condition, pack) for m in pack.mdcs}
    taken = frozenset[str]().union(*(_listed(m, gates[m.code], pack) for m in pack.mdcs))
    own = _procedures(pack, with_valid=False)
    named = own | _procedures(pack, with_valid=True)
    valid = pack.sets.get(VALID, frozenset())
    return CoverageReport(
        pack.scheme,
        pack.gaps,
        tuple(sorted(codebook.diagnoses - taken)),
        tuple(sorted(codebook.procedures - named)),
        tuple(sorted((valid - own) & codebook.procedures)),
        {m.code: found for m in pack.mdcs if (found := _unserved(m, gates[m.code], pack))},
        {
            name: found
            for name, codes in pack.sets.items()
            if (found := tuple(sorted(codes - codebook.diagnoses - codebook.procedures)))
        },
    )


def principals_of(condition: Condition, pack: RulePack) -> frozenset[str] | None:
    """Return the principal diagnoses that a rule takes, None when it takes any.

    Parameters
    ----------
    condition
        A rule's tree.
    pack
        The pack that it belongs to.
    """
    return _principals(terms(condition), pack)


def chapters(codes: Iterable[str]) -> dict[str, int]:
    """Return the number of codes by chapter: first letter of diagnoses, two digits of procedures.

    Parameters
    ----------
    codes
        Diagnoses or procedures.
    """
    firsts = (c[:1] if c[:1].isalpha() else c[:_PROCEDURE_CHAPTER] for c in codes)
    return dict(sorted(Counter(firsts).items()))


def _listed(mdc: MdcRule, gate: frozenset[str] | None, pack: RulePack) -> frozenset[str]:
    """Return the principal diagnoses that a category lists, at its gate or in its core groups."""
    if gate is not None:
        return gate
    found = (principals_of(a.rule.condition, pack) for a in mdc.adrgs if a.kind != "ambiguous")
    return frozenset[str]().union(*(codes for codes in found if codes is not None))


def _principals(ways: Iterable[Term], pack: RulePack) -> frozenset[str] | None:
    found: set[str] = set()
    seen: set[tuple[tuple[str, ...], ...]] = set()
    for term in ways:
        wanted = tuple(need.sets for need in term.needs if need.field == "ZYZD")
        if not wanted:
            return None
        if wanted not in seen:
            seen.add(wanted)
            found |= frozenset.intersection(*(_union(sets, pack) for sets in wanted))
    return frozenset(found)


def _union(names: Iterable[str], pack: RulePack) -> frozenset[str]:
    return frozenset[str]().union(*(pack.sets[n] for n in names if n not in VIRTUAL_SETS))


def _procedures(pack: RulePack, *, with_valid: bool) -> frozenset[str]:
    """Return the procedures that core groups name, those that they only forbid left out."""
    names = {
        name
        for mdc in pack.mdcs
        for adrg in mdc.adrgs
        if adrg.kind != "ambiguous"
        for leaf in leaves(adrg.rule.condition)
        if not (isinstance(leaf, Member) and leaf.negated)
        for name, fields in sets_of(leaf).items()
        if not PROCEDURE_FIELDS.isdisjoint(fields)
    }
    if not with_valid:
        names.discard(VALID)
    elif VALID in pack.sets:
        names.add(VALID)
    return _union(names, pack)


def _unserved(mdc: MdcRule, gate: frozenset[str] | None, pack: RulePack) -> tuple[str, ...]:
    """Return the principal diagnoses of a category that no core group takes without procedure."""
    if gate is None:
        return ()
    served: set[str] = set()
    for adrg in mdc.adrgs:
        found = _medical(adrg, pack)
        if found is None:
            return ()
        served |= found
    return tuple(sorted(gate - served))


def _medical(adrg: AdrgRule, pack: RulePack) -> frozenset[str] | None:
    """Return the principal diagnoses that a core group takes without procedure, None for any."""
    if adrg.kind in ("ambiguous", "fallback"):
        return frozenset()
    ways = (
        term
        for term in terms(adrg.rule.condition)
        if PROCEDURE_FIELDS.isdisjoint(need.field for need in term.needs)
    )
    return _principals(ways, pack)

"""A smallest case for every group of a scheme (病组的最小病例), or why there can be none.

Each way to fulfil the rules of a group (category, core group, group) is turned into cases that
have the needed codes and no others, and the engine groups them. Codes that are in the same lists
are interchangeable, so one of each kind is tried. Where no case reaches the group, it is proved
unreachable if every smallest case is taken by a rule before it: adding codes can't undo such a
rule, or those that could are added and tried too. A group that is neither reached nor proved
unreachable is told so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Literal, NamedTuple, get_args

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.engine import group
from zhibian.grouping.language import (
    DEPARTMENT,
    VIRTUAL_SETS,
    And,
    CodeField,
    Condition,
    leaves,
    sets_of,
)
from zhibian.grouping.pack import AdrgRule, DrgRule, MdcRule, RulePack
from zhibian.grouping.severity import Level
from zhibian.grouping.stays import fulfils, stays
from zhibian.grouping.terms import Need, Term, escapes, terms
from zhibian.grouping.types import Grouping, GroupingInput, Status

Verdict = Literal["reachable", "unreachable", "undecided"]
Why = Literal["", "no_way", "no_code", "unknown_codes", "all_excluded", "numbers", "taken",
              "not_covered"]  # fmt: skip

WHY: Mapping[Why, str] = {
    "": "",
    "no_way": "规则本身不能成立",
    "no_code": "没有同时满足大类与核心组要求的编码",
    "unknown_codes": "规则要求的编码都不在医保版编码集中",
    "all_excluded": "每个能入组的主要诊断都排除该等级的全部 CC/MCC",
    "numbers": "年龄、性别、体重等条件互相矛盾",
    "taken": "排在前面的组必然先命中",
    "not_covered": "规则包未覆盖",
}
_TRIES = 20_000
_DEEPEST = 3
_ELSEWHERE = "-"


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a group can be reached (可达性).

    Attributes
    ----------
    mdc, adrg, group
        Codes; the group is the ambiguous group itself for QY.
    name
        Name of the group.
    verdict
        ``reachable``: there is a witness; ``unreachable``: proved; ``undecided``: no witness found
        and no proof.
    case, grouping
        The witness and its grouping with trace; None without one.
    why
        Why it is unreachable, a key of ``WHY``.
    by
        What takes its cases: groups before it, or gaps of the pack.
    """

    mdc: str
    adrg: str
    group: str
    name: str
    verdict: Verdict
    case: GroupingInput | None = None
    grouping: Grouping | None = None
    why: Why = ""
    by: tuple[str, ...] = ()


class _Target(NamedTuple):
    """A group, with its place in the order of evaluation."""

    place: tuple[int, int, int]
    mdc: MdcRule
    adrg: AdrgRule
    drg: DrgRule | None

    @property
    def code(self) -> str:
        return self.drg.code if self.drg else self.adrg.code

    @property
    def name(self) -> str:
        return self.drg.name if self.drg else self.adrg.name

    def is_reached(self, result: Grouping) -> bool:
        if result.adrg != self.adrg.code:
            return False
        match self.adrg.kind:
            case "ambiguous":
                return result.status is Status.AMBIGUOUS
            case "fallback":
                return result.status is Status.UNGROUPED
            case _:
                grouped = result.status is Status.GROUPED
                return grouped and (self.drg is None or result.drg == self.drg.code)


def witnesses(
    pack: RulePack, codebook: CodeBook | None = None, *, tries: int = _TRIES
) -> Iterator[Reach]:
    """Yield a witness, or the reason why there is none, for every group of a scheme in order.

    Parameters
    ----------
    pack
        The scheme.
    codebook
        Code sets: only their codes are used, grey ones last. Without them the codes of the pack.
    tries
        Most cases to group for one group.
    """
    search = _Search(pack, codebook or _own_codes(pack), tries)
    for target in _targets(pack):
        yield search.reach(target)


def witness(
    code: str, pack: RulePack, codebook: CodeBook | None = None, *, tries: int = _TRIES
) -> Reach:
    """Return a witness of one group, or the reason why there is none.

    Parameters
    ----------
    code
        Code of a group (细分组) or ambiguous group.
    pack, codebook, tries
        As for :func:`witnesses`.

    Raises
    ------
    KeyError
        The scheme has no such group.
    """
    for target in _targets(pack):
        if target.code == code:
            return _Search(pack, codebook or _own_codes(pack), tries).reach(target)
    raise KeyError(code)


def _targets(pack: RulePack) -> Iterator[_Target]:
    for i, mdc in enumerate(pack.mdcs):
        for j, adrg in enumerate(mdc.adrgs):
            if adrg.kind == "ambiguous" or not adrg.drgs:
                yield _Target((i, j, 0), mdc, adrg, None)
            else:
                splits = adrg.drgs[:1] if adrg.kind == "fallback" else adrg.drgs
                for k, drg in enumerate(splits):
                    yield _Target((i, j, k), mdc, adrg, drg)


def _own_codes(pack: RulePack) -> CodeBook:
    """Return the codes that a pack itself names: diagnoses begin with a letter."""
    codes = frozenset[str]().union(*pack.sets.values())
    codes |= pack.severity.levels.keys() | pack.severity.principals.keys()
    diagnoses = frozenset(c for c in codes if c[:1].isalpha())
    return CodeBook(diagnoses, codes - diagnoses)


@dataclass(slots=True)
class _Found:
    """What the cases of one group came to: dictionaries are sets that keep their order."""

    limit: int
    tried: int = 0
    case: GroupingInput | None = None
    complete: bool = True
    takers: dict[str, None] = field(default_factory=dict)
    gaps: dict[str, None] = field(default_factory=dict)
    whys: dict[Why, None] = field(default_factory=dict)

    @property
    def exhausted(self) -> bool:
        """Tell whether as many cases were tried as may be."""
        return self.tried >= self.limit


class _Slots(NamedTuple):
    """The candidates of one way to fulfil a rule, one code of each kind."""

    principals: Sequence[str]
    mains: Sequence[str]
    others: tuple[tuple[Need, Sequence[str]], ...]
    procedures: tuple[Sequence[str], ...]
    departments: Sequence[str]


class _Search:
    """Looks for witnesses in one pack."""

    def __init__(self, pack: RulePack, codebook: CodeBook, tries: int) -> None:
        self._pack = pack
        self._codebook = codebook
        self._tries = tries
        self._lists: dict[str, tuple[str, ...]] = {}
        for name, codes in pack.sets.items():
            for code in codes:
                self._lists[code] = (*self._lists.get(code, ()), name)
        self._kinds: dict[object, list[str]] = {}
        conditions = list(_conditions(pack))
        self._stays = stays(leaf for c in conditions for leaf in leaves(c))
        self._asks_department = any(
            DEPARTMENT in fields for c in conditions for fields in sets_of(c).values()
        )
        self._targets = {(t.mdc.code, t.adrg.code, t.code): t for t in _targets(pack)}
        self._cores: dict[tuple[str, str], Reach] = {}
        self._escapes = {t.code: escapes(_joint(t)) for t in self._targets.values()}

    def reach(self, target: _Target) -> Reach:
        # Most groups are reached by an ordinary adult or newborn; all numbers are for the proof.
        found = self._look(target, self._stays[:2])
        if found.case is None and target.drg is not None and len(target.adrg.drgs) > 1:
            # A core group that nothing reaches settles all its groups, without their levels.
            core = self._core(target)
            if core.verdict == "unreachable":
                return self._told(target, "unreachable", why=core.why, by=core.by)
        if found.case is None and not found.exhausted:
            found = self._look(target, self._stays)
        if found.case is not None:
            result = group(found.case, self._pack, self._codebook)
            return self._told(target, "reachable", case=found.case, grouping=result)
        return self._unreached(target, found)

    def _core(self, target: _Target) -> Reach:
        """Return whether a core group as a whole can be reached."""
        key = (target.mdc.code, target.adrg.code)
        if key not in self._cores:
            whole = target._replace(place=(*target.place[:2], 0), drg=None)
            found = self._look(whole, self._stays)
            self._cores[key] = (
                self._told(whole, "reachable") if found.case else self._unreached(whole, found)
            )
        return self._cores[key]

    def _look(self, target: _Target, points: Sequence[GroupingInput]) -> _Found:
        """Try every way to fulfil a group's rules until a case reaches it."""
        found = _Found(self._tries)
        for term in terms(_joint(target)):
            self._try(target, term, points, found)
            if found.case is not None or found.exhausted:
                break
        return found

    def _unreached(self, target: _Target, found: _Found) -> Reach:
        if found.exhausted or not found.complete:
            return self._told(target, "undecided")
        if found.takers:
            return self._told(target, "unreachable", why="taken", by=tuple(found.takers))
        if found.gaps:
            return self._told(target, "unreachable", why="not_covered", by=tuple(found.gaps))
        whys = found.whys or {"no_way": None}
        # The way that comes furthest tells most.
        order: tuple[Why, ...] = ("all_excluded", "numbers", "unknown_codes", "no_code", "no_way")
        return self._told(target, "unreachable", why=next(w for w in order if w in whys))

    @staticmethod
    def _told(
        target: _Target,
        verdict: Verdict,
        *,
        case: GroupingInput | None = None,
        grouping: Grouping | None = None,
        why: Why = "",
        by: tuple[str, ...] = (),
    ) -> Reach:
        return Reach(
            target.mdc.code, target.adrg.code, target.code, target.name,
            verdict, case, grouping, why, by,
        )  # fmt: skip

    def _try(
        self,
        target: _Target,
        term: Term,
        points: Sequence[GroupingInput],
        found: _Found,
        depth: int = 0,
    ) -> None:
        """Try the cases of one way to fulfil a group's rules; note what became of them."""
        slots = self._slots(term, found, by_level=target.drg is not None)
        if slots is None:
            return
        fitting = [p for p in points if fulfils(p, term.numbers)]
        if not fitting:
            found.whys["numbers"] = None
            return
        before = found.tried
        undoing: dict[Need, None] = {}
        for base in self._bases(slots, fitting):
            # What takes a case by its principal diagnosis alone takes every larger one too.
            if self._taken(target, base, group(base, self._pack, trace=False), found) == ():
                found.tried += 1
                continue
            for case in self._grown(base, slots):
                found.tried += 1
                result = group(case, self._pack, trace=False)
                if target.is_reached(result):
                    found.case = case
                    return
                needs = self._taken(target, case, result, found)
                if needs is None:
                    found.complete = False
                else:
                    undoing.update(dict.fromkeys(needs))
                if found.exhausted:
                    return
        if found.tried == before:
            found.whys["all_excluded"] = None
        for need in undoing:
            if need in term.needs or depth == _DEEPEST:
                found.complete = False
            elif found.case is None and not found.exhausted:
                larger = Term((*term.needs, need), term.numbers)
                self._try(target, larger, points, found, depth + 1)

    def _taken(
        self, target: _Target, case: GroupingInput, result: Grouping, found: _Found
    ) -> tuple[Need, ...] | None:
        """Return what may undo the rule that takes a case before the target; None: not taken."""
        if result.status is Status.NOT_COVERED:
            return self._taken_by_gap(case, result, found)
        taker = self._targets.get((result.mdc, result.adrg, result.drg))
        if taker is None or taker.place >= target.place:
            return None
        needs = self._escapes[taker.code]
        if needs is not None:
            found.takers[taker.code] = None
        return needs

    def _taken_by_gap(
        self, case: GroupingInput, result: Grouping, found: _Found
    ) -> tuple[Need, ...] | None:
        mdc = next(m for m in self._pack.mdcs if m.code == result.mdc)
        adrg = next(a for a in mdc.adrgs if a.code == result.adrg)
        trace = group(case, self._pack).trace
        ids = {s.get("gap") for s in trace if s.outcome == "not_covered"}
        gap = next(g for g in adrg.gaps if g.gap.id in ids)
        needs = escapes(And((mdc.rule.condition, gap.rule.condition)))
        if needs is not None:
            found.gaps[gap.gap.id] = None
        return needs

    def _slots(self, term: Term, found: _Found, *, by_level: bool) -> _Slots | None:
        by_field: dict[CodeField, list[Need]] = {f: [] for f in get_args(CodeField)}
        for need in term.needs:
            by_field[need.field].append(need)
        slots = _Slots(
            self._one(by_field["ZYZD"], self._codebook.diagnoses, by_level=by_level),
            self._main(by_field, by_level=by_level),
            tuple((n, self._others(n, by_level=by_level)) for n in by_field["QTZD"]),
            tuple(
                self._one([n], self._codebook.procedures, by_level=by_level)
                for n in by_field["QTSS"]
            ),
            self._departments(by_field[DEPARTMENT]),
        )
        candidates = (
            slots.principals,
            slots.mains,
            *(codes for _, codes in slots.others),
            *slots.procedures,
            slots.departments,
        )
        if all(candidates):
            # A stand-in that is in a list proves nothing about the codes that it stands for.
            stand_ins = [] if by_field["ZYZD"] else [*slots.principals]
            stand_ins += [] if by_field["ZYSS"] else [*slots.mains]
            found.complete = found.complete and self._lists.keys().isdisjoint(stand_ins)
            return slots
        found.whys["unknown_codes" if self._named(term) else "no_code"] = None
        return None

    def _main(self, by_field: Mapping[CodeField, list[Need]], *, by_level: bool) -> Sequence[str]:
        """Return the main procedures to try: none at all where the rule asks for no procedure."""
        if by_field["ZYSS"]:
            return self._one(by_field["ZYSS"], self._codebook.procedures, by_level=by_level)
        return self._harmless(self._codebook.procedures) if by_field["QTSS"] else [""]

    def _one(
        self, needs: Sequence[Need], known: frozenset[str], *, by_level: bool
    ) -> Sequence[str]:
        """Return one code of each kind that meets all needs, of those that the authority knows."""
        if not needs:
            return self._harmless(known)
        key = (tuple(needs), by_level)
        if key not in self._kinds:
            wanted = known.intersection(*(self._union(n) for n in needs))
            most = max(n.different for n in needs)
            self._kinds[key] = self._of_each_kind(wanted, most, by_level=by_level)
        return self._kinds[key]

    def _others(self, need: Need, *, by_level: bool) -> Sequence[str]:
        levels = {Level(n) for n in need.sets if n in VIRTUAL_SETS}
        key = (need, "others", by_level)
        if key not in self._kinds:
            wanted = self._union(need) | {
                c for c, (level, _) in self._pack.severity.levels.items() if level in levels
            }
            wanted &= self._codebook.diagnoses
            self._kinds[key] = self._of_each_kind(
                wanted, need.different, by_level=by_level or bool(levels)
            )
        return self._kinds[key]

    def _departments(self, needs: Sequence[Need]) -> Sequence[str]:
        if not needs:
            return [_ELSEWHERE]
        return sorted(frozenset.intersection(*(self._union(n) for n in needs)))

    def _harmless(self, known: frozenset[str]) -> Sequence[str]:
        """Return one code that is in as few lists as possible."""
        if known not in self._kinds:
            free = known - self._lists.keys() or known
            self._kinds[known] = self._of_each_kind(free, 1, by_level=False)[:1]
        return self._kinds[known]

    def _union(self, need: Need) -> frozenset[str]:
        real = (self._pack.sets[n] for n in need.sets if n not in VIRTUAL_SETS)
        return frozenset[str]().union(*real)

    def _named(self, term: Term) -> bool:
        """Tell whether the lists name codes for every need, though none that is known."""
        for place in ("ZYZD", "ZYSS"):
            wanted = [self._union(n) for n in term.needs if n.field == place]
            if wanted and not frozenset.intersection(*wanted):
                return False
        return all(self._union(n) for n in term.needs if VIRTUAL_SETS.isdisjoint(n.sets))

    def _of_each_kind(self, codes: Iterable[str], number: int, *, by_level: bool) -> list[str]:
        """Return so many codes of each kind, those in the fewest lists first.

        Codes of a kind are in the same lists and, where levels matter, have the same level and
        exclusion tables; grey codes are chosen only where a kind has too few others.
        """
        tables = self._pack.severity
        grey = self._codebook.grey_diagnoses
        kinds: dict[object, list[str]] = {}
        for code in sorted(codes, key=lambda c: (c in grey, c)):
            lists = self._lists.get(code, ())
            how = (tables.levels.get(code), tables.principals.get(code)) if by_level else ()
            kinds.setdefault((lists, how), []).append(code)
        chosen = [code for kind in kinds.values() for code in kind[:number]]
        return sorted(chosen, key=lambda c: len(self._lists.get(c, ())))

    def _bases(self, slots: _Slots, points: Sequence[GroupingInput]) -> Iterator[GroupingInput]:
        """Yield the cases with nothing but a principal diagnosis."""
        for point, department, principal in product(points, slots.departments, slots.principals):
            where = department if self._asks_department else None
            yield replace(point, principal=principal, department=where)

    def _grown(self, base: GroupingInput, slots: _Slots) -> Iterator[GroupingInput]:
        """Yield a base with the codes that the other fields need."""
        principal = base.principal or ""
        fitting = [self._beside(principal, need, codes) for need, codes in slots.others]
        for main, *procedures in product(slots.mains, *slots.procedures):
            for others in product(*fitting):
                yield replace(
                    base,
                    others=tuple(dict.fromkeys(others)),
                    procedures=tuple(c for c in dict.fromkeys([main, *procedures]) if c),
                )

    def _beside(self, principal: str, need: Need, codes: Sequence[str]) -> Sequence[str]:
        """Return the codes that meet a need beside a principal diagnosis: CC/MCC must count."""
        levels = {Level(n) for n in need.sets if n in VIRTUAL_SETS}
        real = self._union(need)
        fitting = []
        for code in codes:
            level, excluded = self._pack.severity.of(code, principal)
            if code in real or (level in levels and not excluded):
                fitting.append(code)
        # The same code twice in a page is possible, but no good example.
        return sorted(fitting, key=lambda c: c == principal)


def _conditions(pack: RulePack) -> Iterator[Condition]:
    for mdc in pack.mdcs:
        yield mdc.rule.condition
        for adrg in mdc.adrgs:
            yield adrg.rule.condition
            yield from (d.rule.condition for d in adrg.drgs)
            yield from (g.rule.condition for g in adrg.gaps)


def _joint(target: _Target) -> Condition:
    parts = [target.mdc.rule.condition, target.adrg.rule.condition]
    if target.drg is not None:
        parts.append(target.drg.rule.condition)
    return And(tuple(parts))

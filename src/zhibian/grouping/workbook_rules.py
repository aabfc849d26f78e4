"""The rules of the official workbook: read, and put into an order that means what the method says.

Three statements of the method stand outside the tables: a fallback group never comes before a
group with a rule; a case with a valid principal procedure may only land in a group that needs a
procedure, else in the ambiguous group of its category (歧义组 QY); the QY of newborns asks for an
age below 29 days. Source: 《按病组（DRG）付费3.0版分组方案》 and its workbook (医保发〔2026〕22号).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from zhibian.grouping.language import (
    PROCEDURE_FIELDS,
    VIRTUAL_SETS,
    And,
    Condition,
    Constant,
    Count,
    Length,
    Member,
    Not,
    Or,
    RuleParser,
    RuleSyntaxError,
    conjuncts,
    inputs_of,
    is_always_true,
    sets_of,
)
from zhibian.grouping.pack import Kind
from zhibian.grouping.workbook import SheetRow, order_of
from zhibian.grouping.workbook_report import Adjustment, Move
from zhibian.problems import Problem, Severity

VALID_PROCEDURES = "OP_ALL"
NEVER = "0"
_SURGICAL = f"ZYSS in {VALID_PROCEDURES}"
_NOT_SURGICAL = f"ZYSS not in {VALID_PROCEDURES}"
_NEWBORNS = "MDCP"
_NEWBORN_DAYS = "XSRTL < 29"
_AMBIGUOUS = "QY"
_FALLBACK = re.compile(r"[A-Z]00")
# Deeper rules than any written by people would exhaust the stack.
_MOST_NESTING = 400
_NAME = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule of the workbook: its row, its text and what it says.

    Attributes
    ----------
    readable
        False when it can't be read or names a set that is not there.
    """

    row: SheetRow
    text: str
    condition: Condition
    readable: bool = True

    @property
    def always(self) -> bool:
        """Tell whether the rule holds for every case."""
        return is_always_true(self.condition)


class RuleBook:
    """Reads rules, knows the sets, and collects what is wrong.

    Parameters
    ----------
    sets
        Names of the sets of the workbook.
    """

    def __init__(self, sets: Iterable[str]) -> None:
        self._sets = frozenset(sets)
        self._parser = RuleParser()
        self.findings: list[Problem] = []
        self.respelled: Counter[str] = Counter()

    def parse(self, text: str) -> Condition:
        """Return the tree of a text that is known to be a rule."""
        return self._parser.parse(text)

    def read(self, row: SheetRow, severity: Severity) -> ReadRule:
        """Read the rule of a row; a rule that can't be read never holds.

        Parameters
        ----------
        row
            Row with a ``rule`` column.
        severity
            Of the finding, when the rule can't be read.
        """
        text = self._respell(row)
        if text.count("(") + len(re.findall(r"\bnot\b", text, re.IGNORECASE)) > _MOST_NESTING:
            return self._broken(row, "rule_syntax", "规则层次过多", severity)
        try:
            condition = self._parser.parse(text)
        except RuleSyntaxError as wrong:
            return self._broken(row, "rule_syntax", f"规则不能识别：{wrong}", severity)
        for name, fields in sets_of(condition).items():
            if name in VIRTUAL_SETS and "QTZD" not in fields:
                return self._broken(row, "rule_level", f"{name} 只能用于其他诊断 QTZD", severity)
            if name not in VIRTUAL_SETS and name not in self._sets:
                return self._broken(row, "set_unknown", f"集合表中没有集合 {name}", severity)
        return ReadRule(row, text, condition)

    def _respell(self, row: SheetRow) -> str:
        """Return the rule with the names of sets as the sheet of sets spells them."""
        text = row["rule"]
        wrong = {
            w
            for w in _NAME.findall(text)
            if w not in self._sets and w.upper() in self._sets | VIRTUAL_SETS and w.upper() != w
        }
        if not wrong:
            return text
        self.respelled[row.sheet] += 1
        return _NAME.sub(lambda m: m[0].upper() if m[0] in wrong else m[0], text)

    def _broken(self, row: SheetRow, code: str, message: str, severity: Severity) -> ReadRule:
        effect = "" if severity == "error" else "；该核心组标为未覆盖"
        remedy = "对照官方文本更正该规则或集合后重新导入"
        self.findings.append(row.problem("rule", code, message + effect, remedy, severity=severity))
        return ReadRule(row, NEVER, self._parser.parse(NEVER), readable=False)


@dataclass(frozen=True, slots=True)
class Placed:
    """A core group in its place.

    Attributes
    ----------
    rule
        Rule text for the pack.
    """

    row: SheetRow
    rule: str
    kind: Kind


def kind_of(code: str) -> Kind:
    """Return the kind of a core group by its code (外科 A-J, 非手术室操作 K-Q, 内科 R-Z)."""
    if code.endswith(_AMBIGUOUS):
        return "ambiguous"
    if _FALLBACK.fullmatch(code):
        return "fallback"
    second = code[1:2]
    if "A" <= second <= "J":
        return "surgical"
    return "procedural" if "K" <= second <= "Q" else "medical"


def ordered(rules: Iterable[ReadRule]) -> list[ReadRule]:
    """Return rules by 排序; equal numbers stay as the sheet has them."""
    return sorted(rules, key=lambda r: (order_of(r.row) or 0, r.row.number))


def always_last(scope: str, rules: Iterable[ReadRule], moves: list[Move]) -> list[ReadRule]:
    """Return rules by 排序, those that always hold at the end.

    Parameters
    ----------
    scope
        Code of the category or core group, for the report.
    moves
        Gets every row that changes its place.
    """
    published = ordered(rules)
    result = [r for r in published if not r.always]
    result += [r for r in published if r.always]
    _tell(
        scope, published, result, "恒真的兜底组移到末尾", moves, [r for r in published if r.always]
    )
    return result


def placed(
    mdc: str,
    rules: Iterable[ReadRule],
    moves: list[Move],
    adjustments: list[Adjustment],
) -> list[Placed]:
    """Return the core groups of a category in the order in which they are asked.

    Parameters
    ----------
    mdc
        Code of the category.
    rules
        Its core groups, its ambiguous group and its fallback group.
    moves, adjustments
        Get what was changed.
    """
    published = ordered(rules)
    unclear = [r for r in published if kind_of(r.row["code"]) == "ambiguous"]
    others = [r for r in published if kind_of(r.row["code"]) != "ambiguous"]
    tail = [r for r in others if r.always or kind_of(r.row["code"]) == "fallback"]
    tail.sort(key=lambda r: kind_of(r.row["code"]) == "fallback")
    body = [r for r in others if r not in tail]
    last = max((i for i, r in enumerate(body, start=1) if _needs_procedure(r.condition)), default=0)
    result = [*body[:last], *unclear, *body[last:], *tail]
    _tell(mdc, published, result, "恒真的兜底组移到末尾", moves, tail)
    _tell(mdc, published, result, "歧义组排在需要手术操作的核心组之后", moves, unclear)
    # Only a QY without further conditions lets no case with a valid procedure past it.
    stops = mdc != _NEWBORNS and any(r.always or _is_surgical(r.condition) for r in unclear)
    found = []
    for place, rule in enumerate(result):
        kind = kind_of(rule.row["code"])
        text, why = rule.text, ""
        if kind == "ambiguous":
            text, why = _ambiguous_rule(mdc, rule)
        elif kind != "fallback" and (place < last or not stops) and _takes_surgical(rule):
            text = _NOT_SURGICAL if rule.always else f"{_NOT_SURGICAL} and ({rule.text})"
            why = "主要手术操作在 OP_ALL 中的病例只入需要手术操作的核心组"
        if why:
            adjustments.append(Adjustment(rule.row["code"], rule.text, text, why))
        found.append(Placed(rule.row, text, kind))
    return found


def _tell(
    scope: str,
    published: list[ReadRule],
    result: list[ReadRule],
    why: str,
    moves: list[Move],
    concerned: list[ReadRule],
) -> None:
    """Report the rows that now stand behind or before others than published.

    A row has moved when the rows before it are not the ones that were before it.
    """
    for rule in concerned:
        place, becomes = published.index(rule), result.index(rule)
        if set(map(_key, published[:place])) != set(map(_key, result[:becomes])):
            moves.append(Move(scope, rule.row["code"], place + 1, becomes + 1, why))


def _key(rule: ReadRule) -> int:
    return rule.row.number


def _ambiguous_rule(mdc: str, rule: ReadRule) -> tuple[str, str]:
    """Return the rule of an ambiguous group with what the method asks for, and why it changed."""
    parts = conjuncts(rule.condition)
    asked: list[str] = []
    why: list[str] = []
    if not any(_is_surgical(p) for p in parts):
        asked.append(_SURGICAL)
        why.append("歧义组要求主要手术操作在 OP_ALL 中")
    if mdc == _NEWBORNS and "XSRTL" not in inputs_of(rule.condition):
        asked.append(_NEWBORN_DAYS)
        why.append("PQY 要求日龄小于 29 天")
    if not asked:
        return rule.text, ""
    own = [] if rule.always else [f"({rule.text})"]
    return " and ".join([*own, *asked]), "；".join(why)


def _is_surgical(condition: Condition) -> bool:
    return (
        isinstance(condition, Member)
        and not condition.negated
        and condition.fields == ("ZYSS",)
        and condition.sets == (VALID_PROCEDURES,)
    )


def _takes_surgical(rule: ReadRule) -> bool:
    """Tell whether a group that needs no procedure could take a case with a valid one."""
    return not _needs_procedure(rule.condition) and not _excludes_surgical(rule.condition)


def _needs_procedure(condition: Condition, *, wanted: bool = True) -> bool:
    match condition:
        case Not(inner):
            return _needs_procedure(inner, wanted=not wanted)
        case And(parts) | Or(parts) | Count(parts):
            return any(_needs_procedure(p, wanted=wanted) for p in parts)
        case Member(fields, _, negated):
            return wanted != negated and not PROCEDURE_FIELDS.isdisjoint(fields)
        case Length(_, fields):
            return wanted and not PROCEDURE_FIELDS.isdisjoint(fields)
        case _:
            return False


def _excludes_surgical(condition: Condition) -> bool:
    match condition:
        case Constant(value):
            return value == 0
        case And(parts):
            return any(_excludes_surgical(p) for p in parts)
        case Or(parts):
            return all(_excludes_surgical(p) for p in parts)
        case Member(fields, sets, True) | Not(Member(fields, sets, False)):
            return "ZYSS" in fields and VALID_PROCEDURES in sets
        case _:
            return False

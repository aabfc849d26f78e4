"""The rule language of the official workbook (分组规则语言): text in, a tree out.

The language is described in ``LANGUAGE.md`` beside this module, with the one
extension that the official language lacks (``count``). Source: the rule columns
of 《按病组（DRG）付费3.0版分组方案配置信息》 (医保发〔2026〕22号).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal, get_args

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

CodeField = Literal["ZYZD", "QTZD", "ZYSS", "QTSS", "KS"]
NumberField = Literal["NL", "XB", "XSRTL", "XSRTZ", "ZYTS", "LYFS", "ICUSC"]
# Fields that a front page may leave empty, so that a comparison has no answer.
InputField = Literal["NL", "XB", "XSRTL", "XSRTZ", "ZYTS", "LYFS", "ICUSC", "KS"]
Operator = Literal["=", "!=", ">=", "<=", ">", "<"]

DIAGNOSIS_FIELDS: frozenset[str] = frozenset({"ZYZD", "QTZD"})
PROCEDURE_FIELDS: frozenset[str] = frozenset({"ZYSS", "QTSS"})
DEPARTMENT: Literal["KS"] = "KS"
VIRTUAL_SETS: frozenset[str] = frozenset({"MCC", "CC"})

_GRAMMAR = r"""
?start: or_
?or_: and_ (_OR and_)*
?and_: not_ (_AND not_)*
?not_: _NOT not_ -> negation
    | atom
?atom: fields IN sets -> member
    | fields _NOT IN sets -> not_member
    | NUMBER_FIELD OPERATOR NUMBER -> compare
    | "length" "(" sets "∩" fields ")" OPERATOR NUMBER -> length
    | "count" "(" or_ ("," or_)* ")" OPERATOR NUMBER -> count
    | NUMBER -> literal
    | "(" or_ ")"
fields: CODE_FIELD | "{" CODE_FIELD ("," CODE_FIELD)* "}"
sets: NAME | "{" NAME ("," NAME)* "}"

_OR.3: /or\b/i
_AND.3: /and\b/i
_NOT.3: /not\b/i
IN.3: /in\b/i
CODE_FIELD.2: /(ZYZD|QTZD|ZYSS|QTSS|KS)\b/
NUMBER_FIELD.2: /(NL|XB|XSRTL|XSRTZ|ZYTS|LYFS|ICUSC)\b/
OPERATOR: ">=" | "<=" | "!=" | "==" | "=" | ">" | "<"
NUMBER.2: /\d+(\.\d+)?\b/
NAME: /\w+/
%import common.WS
%ignore WS
"""


@dataclass(frozen=True, slots=True)
class Constant:
    """A bare number or an empty rule: true unless it is 0."""

    value: float


@dataclass(frozen=True, slots=True)
class Member:
    """Whether any code of the fields is in any of the sets (``FIELD in SET``)."""

    fields: tuple[CodeField, ...]
    sets: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    """A number field against a number (``NL >= 18``); without answer when the field is missing."""

    field: NumberField
    operator: Operator
    number: float


@dataclass(frozen=True, slots=True)
class Length:
    """How many different codes of the fields are in the sets (``length(SET ∩ FIELDS) >= n``)."""

    sets: tuple[str, ...]
    fields: tuple[CodeField, ...]
    operator: Operator
    number: float


@dataclass(frozen=True, slots=True)
class Count:
    """How many of the conditions hold (``count(a, b, c) >= n``); an extension, see LANGUAGE.md."""

    conditions: tuple[Condition, ...]
    operator: Operator
    number: float


@dataclass(frozen=True, slots=True)
class Not:
    """A condition that must not hold."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class And:
    """Conditions that must all hold, in the order written."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Conditions of which one must hold."""

    conditions: tuple[Condition, ...]


Condition = Constant | Member | Compare | Length | Count | Not | And | Or


class RuleSyntaxError(ValueError):
    """A rule that can't be read.

    Parameters
    ----------
    message
        What is wrong, in Chinese.
    position
        1-based position in the folded rule text.
    """

    def __init__(self, message: str, position: int) -> None:
        self.message = message
        self.position = position
        super().__init__(f"{message}（第 {position} 个字符）")


_INVISIBLE = re.compile("_x000D_|[\u200b-\u200f\u2060\ufeff]", re.IGNORECASE)
_SIGNS = str.maketrans({"≥": ">=", "≤": "<=", "≠": "!=", "、": ","})


def fold(text: str) -> str:
    """Return rule text as the parser reads it.

    Full-width signs and spaces become half-width, carriage-return marks and
    zero-width spaces go, runs of blanks become one.
    """
    half = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_SIGNS)
    return " ".join(half.split())


class _Build(Transformer[Token, Condition]):
    """Turns lark's tree into the frozen tree above."""

    def or_(self, items: list[Condition]) -> Condition:
        return Or(tuple(items))

    def and_(self, items: list[Condition]) -> Condition:
        return And(tuple(items))

    def negation(self, items: list[Condition]) -> Condition:
        return Not(items[0])

    def fields(self, items: list[Token]) -> tuple[str, ...]:
        return tuple(str(i) for i in items)

    def sets(self, items: list[Token]) -> tuple[str, ...]:
        return tuple(str(i) for i in items)

    def member(self, items: list[Any]) -> Condition:
        return Member(items[0], items[2])

    def not_member(self, items: list[Any]) -> Condition:
        return Member(items[0], items[2], negated=True)

    def compare(self, items: list[Token]) -> Condition:
        return Compare(_number_field(items[0]), _operator(items[1]), float(items[2]))

    def length(self, items: list[Any]) -> Condition:
        return Length(items[0], items[1], _operator(items[2]), float(items[3]))

    def count(self, items: list[Any]) -> Condition:
        return Count(tuple(items[:-2]), _operator(items[-2]), float(items[-1]))

    def literal(self, items: list[Token]) -> Condition:
        return Constant(float(items[0]))


def _operator(token: Token) -> Operator:
    signs: dict[str, Operator] = {
        "=": "=",
        "==": "=",
        "!=": "!=",
        ">=": ">=",
        "<=": "<=",
        ">": ">",
        "<": "<",
    }
    return signs[str(token)]


def _number_field(token: Token) -> NumberField:
    return next(name for name in get_args(NumberField) if name == str(token))


ALWAYS = Constant(1.0)


class RuleParser:
    """Reads rules; one object serves a whole pack, equal texts are read once."""

    def __init__(self) -> None:
        self._lark = Lark(_GRAMMAR, parser="lalr", transformer=_Build(), maybe_placeholders=False)
        self._seen: dict[str, Condition] = {"": ALWAYS}

    def parse(self, text: str) -> Condition:
        """Return the tree of a rule.

        Parameters
        ----------
        text
            Rule text as in the workbook; empty means always true.

        Raises
        ------
        RuleSyntaxError
            The text is no rule; tells the position.
        """
        folded = fold(text)
        found = self._seen.get(folded)
        if found is None:
            found = self._parse(folded)
            self._seen[folded] = found
        return found

    def _parse(self, folded: str) -> Condition:
        try:
            # The transformer runs inside the parser, so what comes back is no lark tree.
            tree: object = self._lark.parse(folded)
        except UnexpectedCharacters as wrong:
            at = wrong.pos_in_stream or 0
            raise RuleSyntaxError(f"不认识的符号“{folded[at]}”", at + 1) from None
        except UnexpectedToken as wrong:
            at_end = wrong.token.type == "$END"
            position = len(folded) + 1 if at_end else (wrong.pos_in_stream or 0) + 1
            what = "规则不完整" if at_end else f"此处不应出现“{wrong.token}”"
            raise RuleSyntaxError(what, position) from None
        except (UnexpectedInput, VisitError) as wrong:
            raise RuleSyntaxError("规则不能识别", 1) from wrong
        if not isinstance(tree, Condition):
            raise RuleSyntaxError("规则不能识别", 1)
        return tree


def render(condition: Condition) -> str:
    """Return a condition as rule text; reading it again gives the same tree."""
    match condition:
        case Constant(value):
            text = f"{value:g}"
        case Member(fields, sets, negated):
            text = f"{_braced(fields)} {'not in' if negated else 'in'} {_braced(sets)}"
        case Compare(field, operator, number):
            text = f"{field} {operator} {number:g}"
        case Length(sets, fields, operator, number):
            text = f"length({_braced(sets)} ∩ {_braced(fields)}) {operator} {number:g}"
        case Count(conditions, operator, number):
            inner = ", ".join(render(c) for c in conditions)
            text = f"count({inner}) {operator} {number:g}"
        case Not(inner_condition):
            text = f"not {_wrapped(inner_condition, And | Or)}"
        case And(conditions):
            text = " and ".join(_wrapped(c, And | Or) for c in conditions)
        case Or(conditions):
            text = " or ".join(_wrapped(c, Or) for c in conditions)
    return text


def _wrapped(condition: Condition, kinds: Any) -> str:
    text = render(condition)
    return f"({text})" if isinstance(condition, kinds) else text


def _braced(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else "{" + ",".join(names) + "}"


def leaves(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions of a tree that hold no other condition, left to right."""
    match condition:
        case And(inner) | Or(inner) | Count(inner):
            return tuple(leaf for c in inner for leaf in leaves(c))
        case Not(one):
            return leaves(one)
        case _:
            return (condition,)


def conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """Return the parts of a condition that must all hold, in the order written."""
    if isinstance(condition, And):
        return tuple(part for c in condition.conditions for part in conjuncts(c))
    return (condition,)


def sets_of(condition: Condition) -> dict[str, frozenset[str]]:
    """Return the sets that a rule names, each with the fields it is compared with."""
    found: dict[str, frozenset[str]] = {}
    for leaf in leaves(condition):
        if isinstance(leaf, Member | Length):
            for name in leaf.sets:
                found[name] = found.get(name, frozenset()) | frozenset(leaf.fields)
    return found


def inputs_of(condition: Condition) -> frozenset[InputField]:
    """Return the fields that a rule asks for and a front page may leave empty."""
    found: set[InputField] = set()
    for leaf in leaves(condition):
        if isinstance(leaf, Compare):
            found.add(leaf.field)
        elif isinstance(leaf, Member) and DEPARTMENT in leaf.fields:
            found.add(DEPARTMENT)
    return frozenset(found)


def is_always_true(condition: Condition) -> bool:
    """Tell whether a rule holds for every case by its text alone."""
    return isinstance(condition, Constant) and condition.value != 0

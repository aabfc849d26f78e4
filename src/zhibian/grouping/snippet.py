"""Quoted Python conditions in the rule language (条件片段改写): an expression in, a rule out.

The regional transcriptions quote the condition of a group as the public
implementation writes it, ``return record.age <= 17``. The expression is parsed,
never run; what has no counterpart in the rule language stops the build.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from zhibian.grouping.wording import ANY_PROC, require

# Names a set for codes that a snippet lists: field kind (SS or KS) and codes in, set name out.
Naming = Callable[[str, tuple[str, ...]], str]

_NUMBERS: Mapping[str, str] = {
    "age": "NL",
    "ageDay": "XSRTL",
    "weight": "XSRTZ",
    "inHospitalTime": "ZYTS",
    "leavingType": "LYFS",
    "icuHours": "ICUSC",
}
_LEVELS: Mapping[str, str] = {"has_mcc": "QTZD in MCC", "has_cc": "QTZD in CC"}
_SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "=",
    ast.NotEq: "!=",
}
_MIRRORED: Mapping[str, str] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_ALWAYS = "1"
_NEVER = "0"


def rule_of(snippet: str, subject: str, name: Naming) -> str:
    """Return the rule text of a quoted condition.

    Parameters
    ----------
    snippet
        A Python expression, with or without ``return``.
    subject
        The group whose condition it is, for the error.
    name
        Makes the sets that the rule needs.

    Raises
    ------
    ValueError
        The condition has no counterpart in the rule language.
    """
    try:
        tree = ast.parse(snippet.strip().removeprefix("return "), mode="eval").body
    except SyntaxError:
        raise ValueError(f"{subject}: not an expression") from None
    return _Reader(subject, name).rule(tree)


class _Reader:
    """Walks through one expression."""

    def __init__(self, subject: str, name: Naming) -> None:
        self._subject = subject
        self._name = name

    def rule(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=bool(truth)):
                return _ALWAYS if truth else _NEVER
            case ast.BoolOp(op=ast.And(), values=values):
                parts = [self.rule(v) for v in values if not _only_length(v)]
                # A question about the number of codes adds nothing beside one about the codes.
                asked = any("QTZD" in p or "SS" in p for p in parts)
                require(asked or len(parts) == len(values), self._subject)
                return " and ".join(f"({p})" if " or " in p else p for p in parts if p != _ALWAYS)
            case ast.BoolOp(op=ast.Or(), values=values):
                return self._choice([self.rule(v) for v in values])
            case ast.Call(func=ast.Name(id=name)) if name in _LEVELS:
                return _LEVELS[name]
            case ast.Call(func=ast.Name(id="intersect"), args=[record, ast.List(elts=codes)]):
                return f"{self._procedures(record)} in {self._set('SS', codes)}"
            case ast.Compare():
                return self._compared(node)
        raise self._unknown()

    def _choice(self, parts: list[str]) -> str:
        if sorted(parts) == sorted(_LEVELS.values()):
            return "QTZD in {MCC,CC}"
        return " or ".join(f"({p})" if " and " in p else p for p in parts)

    def _compared(self, node: ast.Compare) -> str:
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.In):
            return self._contained(node.left, node.comparators[0])
        operands = [node.left, *node.comparators]
        pairs = zip(operands, node.ops, operands[1:], strict=False)
        return " and ".join(self._pair(left, op, right) for left, op, right in pairs)

    def _contained(self, left: ast.expr, right: ast.expr) -> str:
        match left, right:
            case ast.Constant(), ast.Attribute():
                return f"{self._procedures(right)} in {self._set('SS', [left])}"
            case ast.Attribute(), ast.List(elts=values):
                choices = [self._pair(left, ast.Eq(), value) for value in values]
                return self._choice(choices)
        raise self._unknown()

    def _pair(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
        require(type(op) in _SIGNS, self._subject)
        sign = _SIGNS[type(op)]
        if isinstance(left, ast.Constant):
            return self._pair_of(_field(right), _MIRRORED[sign], left)
        return self._pair_of(_field(left), sign, right)

    def _pair_of(self, field: str, sign: str, value: ast.expr) -> str:
        require(isinstance(value, ast.Constant), self._subject)
        if field == "dept" and sign == "=":
            return f"KS in {self._set('KS', [value])}"
        require(field in _NUMBERS, self._subject)
        return f"{_NUMBERS[field]} {sign} {_constant(value)}"

    def _procedures(self, node: ast.expr) -> str:
        match node:
            case ast.Attribute(attr="ssList"):
                return ANY_PROC
            case ast.Subscript(
                value=ast.Attribute(attr="ssList"),
                slice=ast.Slice(lower=ast.Constant(value=1), upper=None, step=None),
            ):
                return "QTSS"
        raise self._unknown()

    def _set(self, kind: str, values: list[ast.expr]) -> str:
        return self._name(kind, tuple(_constant(v) for v in values))

    def _unknown(self) -> ValueError:
        return ValueError(f"{self._subject}: a condition that the rule language does not know yet")


def _only_length(node: ast.expr) -> bool:
    """Tell whether a part asks only for the presence of codes (``len(x) > 1``, ``x``)."""
    match node:
        case ast.Compare(left=ast.Call(func=ast.Name(id="len")), ops=[ast.Gt()]):
            return True
        case ast.Attribute(attr="ssList" | "zdList"):
            return True
    return False


def _field(node: ast.expr) -> str:
    """Return the field of the record that a node reads, empty for anything else."""
    match node:
        case ast.Call(func=ast.Name(id="int"), args=[inner]):
            return _field(inner)
        case ast.Attribute(value=ast.Name(id="record"), attr=name):
            return name
    return ""


def _constant(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""

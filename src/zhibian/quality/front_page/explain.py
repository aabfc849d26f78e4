"""A rule in words (规则说明): what it asks, whom, why, and what it does not see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zhibian.quality.front_page.book import Check, RuleBook
from zhibian.quality.front_page.conditions import (
    ALWAYS,
    And,
    CodeIn,
    Compare,
    Condition,
    Constant,
    Contains,
    Demand,
    Derived,
    FieldValue,
    Filled,
    Grouped,
    Matches,
    Named,
    Not,
    Number,
    OneOf,
    Or,
    Priced,
    Quantity,
    Shaped,
    Span,
    Sum,
    Tally,
)
from zhibian.quality.front_page.expansion import KEY
from zhibian.quality.front_page.page_fields import PageFields
from zhibian.quality.front_page.quantities import QUANTITIES
from zhibian.quality.front_page.selectors import CodeSelector
from zhibian.quality.front_page.types import Gate, QualityRule

#: Chapters of the rule book by the letter of their ids.
CHAPTERS: Mapping[str, str] = {
    "C": "完整性",
    "F": "格式与值域",
    "D": "日期与时间",
    "M": "费用",
    "X": "性别与年龄",
    "K": "编码规则",
}

_OPERATORS = {"at_least": "≥", "at_most": "≤", "above": "＞", "below": "＜", "equals": "＝"}
_SHAPES = {"number": "数字", "whole": "整数", "date": "日期", "time": "带时刻的时间"}
_UNITS = {"days": "天数", "hours": "小时数", "minutes": "分钟数"}
_GROUPS = {
    "status": "分组状态",
    "mdc": "主要诊断大类",
    "adrg": "核心病组",
    "drg": "病组",
    "level": "分档",
    "kind": "病组类型",
    "reason": "未入组原因",
}
_TARIFF = {
    "weight": "权重",
    "standard": "支付标准",
    "payment": "应付金额",
    "ratio": "费用与支付标准之比",
}
_ENTRIES = {"diagnoses": "诊断（含主要诊断）", "procedures": "手术操作（含主要手术）"}
_MOST_VALUES = 12


def explain_rule(rule: QualityRule, book: RuleBook) -> str:
    """Return the page of a rule: text for a screen."""
    return "\n".join(_rule_lines(rule, book))


def explain_check(check: Check, book: RuleBook) -> str:
    """Return the page of one check of a rule."""
    rule = book.rules[check.rule]
    return "\n".join([f"{check.id}  {rule.title}", *_check_lines(check, book.names.fields)])


def _rule_lines(rule: QualityRule, book: RuleBook) -> Iterator[str]:
    checks = [check for check in book.checks if check.rule == rule.id]
    yield f"{rule.id}  {rule.title}"
    gates = "、".join(gate.chinese for gate in Gate if gate in rule.gates)
    chapter = CHAPTERS.get(rule.id[0], "")
    yield f"章：{chapter}　级别：{rule.severity.chinese}　闸口：{gates}　检测：{len(checks)} 项"
    if rule.needs_documents:
        yield "判断依据：病历文书（由文书审核判断，首页质控只列出）"
        yield f"问题：{rule.message}"
        yield f"处理：{rule.remedy}"
    elif len(checks) == 1:
        yield from _check_lines(checks[0], book.names.fields)
    else:
        yield f"例：{checks[0].id}"
        yield from (f"  {line}" for line in _check_lines(checks[0], book.names.fields))
        yield "检测："
        yield from (f"  {check.id}　{_parameters(check)}" for check in checks)
    if rule.notes:
        yield f"说明：{rule.notes}"
    yield f"出处：{rule.source}"
    yield "空着或读不出的字段、布局没有的列不判断，不算问题。"


def _parameters(check: Check) -> str:
    return "，".join(f"{k} {v}" for k, v in check.parameters.items() if k != KEY and v)


def _check_lines(check: Check, fields: PageFields) -> Iterator[str]:
    words = _Words(fields)
    if check.when != ALWAYS:
        yield f"适用：{words.condition(check.when)}"
    for demand in check.demands:
        yield f"要求：{words.demand(demand)}"
    targets = dict.fromkeys(d.field or check.field for d in check.demands)
    named = "、".join(words.field(f) for f in targets if f)
    if named:
        yield f"改正：{named}"
    yield f"问题：{check.message}"
    yield f"处理：{check.remedy}"


class _Words:
    """Conditions in Chinese, fields by their names."""

    def __init__(self, fields: PageFields) -> None:
        self._fields = fields
        self._joined: frozenset[str] = frozenset()

    def field(self, name: str) -> str:
        known = self._fields.get(name)
        if known is None:
            return name
        if name in self._joined:
            return known.name.removeprefix("出院").removeprefix("其他")
        return f"{known.name}（{name}）"

    def demand(self, demand: Demand) -> str:
        entries = self._entries(demand.each) if demand.each else ""
        outside = self._enter(demand.each)
        must = self.condition(demand.must)
        when = "" if demand.when == ALWAYS else self.condition(demand.when)
        self._joined = outside
        if not demand.each:
            return f"{when}时，{must}" if when else must
        asked = f"中 {when} 者" if when else ""
        return f"每一条{entries}{asked}，{must}"

    def _enter(self, group: str) -> frozenset[str]:
        """Name fields as those of the entries of a group; return how they were named before."""
        before = self._joined
        found = self._fields.groups.get(group)
        joined = found is not None and bool(found.principal)
        self._joined = frozenset(found.fields) if found is not None and joined else frozenset()
        return before

    def _entries(self, group: str) -> str:
        first = self._fields.groups[group].fields[0]
        return _ENTRIES.get(group) or self.field(first)

    def condition(self, condition: Condition) -> str:
        """Return a condition in words."""
        match condition:
            case Constant(value):
                text = "总是" if value else "从不"
            case And(inner):
                text = " 且 ".join(self._inner(c) for c in inner)
            case Or(inner):
                text = " 或 ".join(self._inner(c) for c in inner)
            case Not(Filled(name)):
                text = f"{self.field(name)} 为空"
            case Not(one):
                text = f"不得（{self.condition(one)}）"
            case Tally():
                text = self._tally(condition)
            case Compare():
                text = self._compared(condition)
            case _:
                text = self._plain(condition)
        return text

    def _inner(self, condition: Condition) -> str:
        text = self.condition(condition)
        return f"（{text}）" if isinstance(condition, And | Or) else text

    def _plain(self, condition: Condition) -> str:
        match condition:
            case Filled(name):
                text = f"{self.field(name)} 已填"
            case Shaped(name, shape):
                text = f"{self.field(name)} 是{_SHAPES[shape]}"
            case OneOf(name, values):
                text = f"{self.field(name)} 为 {_listed(values)}"
            case Matches(name, pattern):
                text = f"{self.field(name)} 符合 {pattern}"
            case CodeIn(name, selector, listed):
                text = f"{self.field(name)}{'任一' if listed else ''} 在 {_codes(selector)}"
            case Contains(name, words, without, listed):
                but = f"，不含 {_listed(without)}" if without else ""
                text = f"{self.field(name)}{'任一' if listed else ''} 含 {_listed(words)}{but}"
            case Grouped(name, values):
                text = f"{_GROUPS[name]}为 {_listed(values)}"
            case Named(name, parameters):
                given = "，".join(f"{k} {_value(v)}" for k, v in parameters)
                text = f"命名计算 {name}" + (f"（{given}）" if given else "")
            case _:
                raise TypeError(f"no words for {type(condition).__name__}")
        return text

    def _tally(self, tally: Tally) -> str:
        entries = self._entries(tally.group)
        outside = self._enter(tally.group)
        which = f"中 {self.condition(tally.where)} 的" if tally.where is not None else "的"
        self._joined = outside
        return f"{entries}{which}条数 {_OPERATORS[tally.operator]} {self._quantity(tally.right)}"

    def _compared(self, compare: Compare) -> str:
        right = self._quantity(compare.right)
        right += f" × {compare.times:g}" if compare.times != 1 else ""
        right += f" ＋ {compare.plus:g}" if compare.plus else ""
        room = f"（容差 {compare.within:g}）" if compare.within else ""
        return f"{self._quantity(compare.left)} {_OPERATORS[compare.operator]} {right}{room}"

    def _quantity(self, quantity: Quantity) -> str:
        match quantity:
            case Number(value):
                text = f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
            case FieldValue(name):
                text = self.field(name)
            case Derived(name):
                text = QUANTITIES[name].chinese
            case Sum(fields):
                text = f"{'＋'.join(fields)} 之和"
            case Span(unit, start, end):
                first, last = (self._end(name) for name in (start, end))
                text = f"从{first}到{last}的{_UNITS[unit]}"
            case Priced(name):
                text = _TARIFF[name]
        return text

    def _end(self, name: str) -> str:
        return QUANTITIES[name].chinese if name in QUANTITIES else self.field(name)


def _codes(selector: CodeSelector) -> str:
    text = _listed([_range(*ends) for ends in selector.ranges], " ")
    if selector.excluded:
        text += f"（除 {_listed([_range(*ends) for ends in selector.excluded], ' ')}）"
    return text


def _range(first: str, last: str) -> str:
    return first if first == last else f"{first}–{last}"


def _listed(values: tuple[str, ...] | list[str], between: str = "、") -> str:
    shown = between.join(values[:_MOST_VALUES])
    rest = len(values) - _MOST_VALUES
    return shown if rest <= 0 else f"{shown} 等 {len(values)} 项"


def _value(value: object) -> str:
    return " ".join(str(v) for v in value) if isinstance(value, tuple) else str(value)

"""Conditions whose evidence can be measured (可由客观证据提示的诊断条件).

A condition names the codes that document it and the measured evidence for it:
laboratory values, drugs, treatments, findings. Thresholds, codes and wording
are data (``evidence/conditions.yaml``); this module reads and evaluates them.
Evidence never becomes a code: it supports one that was filed, or it leads to a
question to the clinician (see :mod:`zhibian.quality.queries`).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from zhibian.documents.facts import Fact, FactKind, FactLexicon, load_lexicon
from zhibian.documents.types import Span
from zhibian.problems import InputError, Problem
from zhibian.records.types import Admission

CONDITIONS = Path("evidence") / "conditions.yaml"

_NOT_EVIDENCE = frozenset({"negated", "planned", "history", "family", "differential", "target"})
_BOUNDS = {"below": "＜", "at_most": "≤", "above": "＞", "at_least": "≥"}
_DAY = re.compile(r"(?:((?:19|20)\d{2})[-./年])?(\d{1,2})[-./月](\d{1,2})")
_PAIR_DISTANCE = 60
_RUN_UP = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One piece of evidence: what it says, where it stands, the words themselves (指标)."""

    text: str
    span: Span
    quote: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """A measured value beyond a limit (数值界限).

    Attributes
    ----------
    fact, bound, limit
        Measure, one of ``below``, ``at_most``, ``above``, ``at_least``, and the limit in the
        canonical unit.
    count
        How many different values must lie beyond it.
    ages
        Ages in full years (from, to) for which the limit holds; None for all.
    text
        How the indicator reads on screen.
    """

    fact: str
    bound: str
    limit: Decimal
    count: int
    ages: tuple[int, int] | None
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change between two values of one measure (动态变化).

    ``rise`` and ``fall`` are differences in the canonical unit from an earlier to a later value;
    ``ratio`` is the greater over the lesser in any order. ``days`` limits the time between them and
    then needs dates; a baseline value counts as the earlier one whatever its date.
    """

    fact: str
    how: str
    amount: Decimal
    days: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Quotient:
    """One measure over another that stands beside it, such as PaO2 / FiO2 (比值)."""

    over: str
    under: str
    factor: Decimal
    bound: str
    limit: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class OverReference:
    """A value that exceeds the upper reference limit several times (参考上限倍数)."""

    fact: str
    times: Decimal
    upper: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Given:
    """A drug, a treatment or a finding is recorded (用药、治疗、所见)."""

    fact: str
    routes: frozenset[str]
    text: str


@dataclass(frozen=True, slots=True)
class Among:
    """At least ``least`` of several nodes hold; all_of and any_of are special cases."""

    least: int
    nodes: tuple[Node, ...]


Node = Threshold | Change | Quotient | OverReference | Given | Among


@dataclass(frozen=True, slots=True)
class EvidenceCondition:
    """One condition with its codes and its measurable evidence (证据条件).

    Attributes
    ----------
    id, name
        Stable id, Chinese name.
    row
        Row of the table of conditions in the specification.
    codes
        Code families that document it: one of them present means no query.
    supports
        Code families whose filing is checked against ``support``.
    requires
        Families of which one must be documented for a query; empty for none.
    explained_by
        Documented families that explain the indicators.
    query
        Evidence that leads to a query; None when only filed codes are checked.
    support
        Evidence that backs a filed code.
    unless
        Facts that explain the indicators.
    ages
        Ages in full years (from, to) to which the condition applies.
    topic
        What the clinician is asked about, without naming a diagnosis.
    question
        Wording of the query with ``{topic}`` and ``{indicators}``.
    group
        Conditions of a group yield one query between them.
    confounders
        What else may cause the indicators, for the coder.
    source
        Where the rule comes from.
    """

    id: str
    name: str
    row: int
    codes: tuple[str, ...]
    supports: tuple[str, ...]
    requires: tuple[str, ...]
    explained_by: tuple[str, ...]
    query: Node | None
    support: Node
    unless: Node | None
    ages: tuple[int, int]
    topic: str
    question: str
    group: str
    confounders: tuple[str, ...]
    source: str


class SupportStatus(StrEnum):
    """What the facts say of a filed code (证据支持程度)."""

    SUPPORTED = "有客观证据"
    WEAK = "未见客观证据"


@dataclass(frozen=True, slots=True)
class SupportAssessment:
    """How far the facts back a filed code (已填报编码的证据评估).

    Attributes
    ----------
    code
        The filed code.
    condition
        Id of the condition that was applied.
    status
        Supported or weak.
    indicators
        Evidence found.
    against
        Measured values that do not reach the limits, the nearest one of each measure.
    reason
        One sentence for the coder.
    """

    code: str
    condition: str
    status: SupportStatus
    indicators: tuple[Indicator, ...]
    against: tuple[Indicator, ...]
    reason: str


def belongs(code: str, families: Iterable[str]) -> bool:
    """Tell whether ``code`` lies in one of ``families``, or is itself a family holding one."""
    return any(code.startswith(f) or (len(code) >= 3 and f.startswith(code)) for f in families)


class FactBook:
    """The facts of a case that count as evidence, by name (按名称归集的事实).

    Parameters
    ----------
    facts
        All facts of the case; negated, planned, historical ones are left out, but a measured
        value of the past may serve as baseline.
    admission
        Gives age and the year of dates without one.
    """

    def __init__(self, facts: Sequence[Fact], admission: Admission) -> None:
        self.age = admission.age
        self._admitted = admission.admitted.date() if admission.admitted else None
        self._current: dict[str, list[Fact]] = {}
        self._past: dict[str, list[Fact]] = {}
        for fact in facts:
            old = bool(fact.flags & {"baseline", "history"}) or self._before_stay(fact)
            if old and fact.value is not None and fact.kind is FactKind.LABORATORY:
                self._past.setdefault(fact.name, []).append(fact)
            elif not old and not fact.flags & _NOT_EVIDENCE:
                self._current.setdefault(fact.name, []).append(fact)

    def _before_stay(self, fact: Fact) -> bool:
        """Tell whether a fact is dated more than a week before the admission."""
        day = self.day(fact)
        return bool(day and self._admitted and day < self._admitted - _RUN_UP)

    def current(self, name: str) -> Sequence[Fact]:
        """Return the facts of this stay with this name."""
        return self._current.get(name, ())

    def past(self, name: str) -> Sequence[Fact]:
        """Return values of this measure from before this stay."""
        return self._past.get(name, ())

    def day(self, fact: Fact) -> date | None:
        """Return the day of a fact; the year comes from the admission where none is written."""
        match = _DAY.search(fact.when) if fact.when else None
        if match is None:
            return None
        year = int(match[1]) if match[1] else (self._admitted.year if self._admitted else 2024)
        try:
            day = date(year, int(match[2]), int(match[3]))
            if match[1] is None and self._admitted and day < self._admitted - timedelta(days=60):
                day = date(year + 1, day.month, day.day)
        except ValueError:
            return None
        return day


def evaluate(node: Node, book: FactBook) -> tuple[Indicator, ...]:
    """Return the indicators that make ``node`` hold; empty when it does not hold."""
    match node:
        case Among():
            held = [i for i in (evaluate(n, book) for n in node.nodes) if i]
            enough = len(held) >= node.least
            found = tuple(dict.fromkeys(i for some in held for i in some)) if enough else ()
        case Threshold():
            found = _threshold(node, book)
        case Change():
            found = _change(node, book)
        case Quotient():
            found = _quotient(node, book)
        case OverReference():
            found = _over_reference(node, book)
        case Given():
            found = _given(node, book)
    return found


def _beyond(fact: Fact, bound: str, limit: Decimal) -> bool:
    """Tell whether a value lies beyond a limit.

    A value given as a bound (``PCT＞100``) must lie strictly beyond it: a bound equal to the limit
    is how a criterion is quoted, not how a result is reported.
    """
    value = fact.value
    if value is None:
        return False
    low = bound in {"below", "at_most"}
    if fact.comparator:
        return fact.comparator[0] == ("<" if low else ">") and (
            value < limit if low else value > limit
        )
    if value == limit:
        return bound in {"at_most", "at_least"}
    return value < limit if low else value > limit


def _indicator(text: str, fact: Fact) -> Indicator:
    return Indicator(text, fact.span, fact.quote)


def _threshold(node: Threshold, book: FactBook) -> tuple[Indicator, ...]:
    if node.ages and not node.ages[0] <= book.age <= node.ages[1]:
        return ()
    found = [f for f in book.current(node.fact) if _beyond(f, node.bound, node.limit)]
    values = {f.value for f in found}
    if len(values) < node.count:
        return ()
    found.sort(key=lambda f: f.value or Decimal(0), reverse=node.bound in {"above", "at_least"})
    shown: dict[Decimal | None, Fact] = {}
    for fact in found:
        shown.setdefault(fact.value, fact)
    return tuple(_indicator(node.text, f) for f in list(shown.values())[: node.count])


def _change(node: Change, book: FactBook) -> tuple[Indicator, ...]:
    pair = _from_baseline(node, book) or _within(node, book)
    return tuple(_indicator(node.text, f) for f in pair) if pair else ()


def _reaches(node: Change, earlier: Decimal, later: Decimal) -> bool:
    if node.how == "rise":
        return later - earlier >= node.amount
    if node.how == "fall":
        return earlier - later >= node.amount
    low, high = min(earlier, later), max(earlier, later)
    return low > 0 and high / low >= node.amount


def _exact(facts: Iterable[Fact]) -> list[tuple[Decimal, Fact]]:
    return [(f.value, f) for f in facts if f.value is not None and not f.comparator]


def _from_baseline(node: Change, book: FactBook) -> tuple[Fact, Fact] | None:
    """Return a baseline value and the value of this stay that differs enough from it."""
    if node.how == "rise" and node.days is not None:
        return None
    past, current = _exact(book.past(node.fact)), _exact(book.current(node.fact))
    if not past or not current:
        return None
    pick = max if node.how == "fall" else min
    base = pick(past, key=lambda p: p[0])
    far = (min if node.how == "fall" else max)(current, key=lambda p: p[0])
    worsened = far[0] < base[0] if node.how == "fall" else far[0] > base[0]
    return (base[1], far[1]) if worsened and _reaches(node, base[0], far[0]) else None


def _within(node: Change, book: FactBook) -> tuple[Fact, Fact] | None:
    """Return two values of this stay, the earlier one first, that differ enough."""
    facts = _exact(book.current(node.fact))
    dated = [(day, value, f) for value, f in facts if (day := book.day(f)) is not None]
    dated.sort(key=lambda d: (d[0], d[2].span.document, d[2].span.start, d[2].span.end))
    found = _scan(node, [(d.toordinal(), v, f) for d, v, f in dated])
    if found or node.days is not None:
        return found
    return _scan(node, [(0, value, f) for value, f in facts])


def _scan(node: Change, values: Sequence[tuple[int, Decimal, Fact]]) -> tuple[Fact, Fact] | None:
    """Slide over values in order of time; keep the extremes still inside the window."""
    lows: deque[tuple[int, Decimal, Fact]] = deque()
    highs: deque[tuple[int, Decimal, Fact]] = deque()
    for day, value, fact in values:
        for kept in (lows, highs):
            while kept and node.days is not None and day - kept[0][0] > node.days:
                kept.popleft()
        for kept in (lows, highs):
            if kept and _fits(node, kept is lows) and _reaches(node, kept[0][1], value):
                return kept[0][2], fact
        while lows and lows[-1][1] >= value:
            lows.pop()
        lows.append((day, value, fact))
        while highs and highs[-1][1] <= value:
            highs.pop()
        highs.append((day, value, fact))
    return None


def _fits(node: Change, from_low: bool) -> bool:
    return node.how == "ratio" or (node.how == "rise") == from_low


def _quotient(node: Quotient, book: FactBook) -> tuple[Indicator, ...]:
    places = {
        (f.span.document, f.span.start): (v, f)
        for v, f in _exact(book.current(node.under))
        if v > 0
    }
    keys = sorted(places)
    low = node.bound in {"below", "at_most"}
    for value, fact in _exact(book.current(node.over)):
        if "room_air" in fact.flags:
            continue
        document, start = fact.span.document, fact.span.start
        first = bisect_left(keys, (document, start - _PAIR_DISTANCE))
        last = bisect_right(keys, (document, start + _PAIR_DISTANCE))
        near = [k for k in keys[first:last] if places[k][1].when == fact.when]
        if not near:
            continue
        before = [k for k in near if k[1] < start]
        under, other = places[before[-1] if before else near[0]]
        quotient = value * node.factor / under
        if quotient < node.limit if low else quotient > node.limit:
            return _indicator(node.text, fact), _indicator(node.text, other)
    return ()


def _over_reference(node: OverReference, book: FactBook) -> tuple[Indicator, ...]:
    for value, fact in _exact(book.current(node.fact)):
        written = fact.reference[1] if fact.reference else None
        if value > (written or node.upper) * node.times:
            return (_indicator(node.text, fact),)
    return ()


def _given(node: Given, book: FactBook) -> tuple[Indicator, ...]:
    for fact in book.current(node.fact):
        if not node.routes or fact.route in node.routes:
            return (_indicator(node.text, fact),)
    return ()


def support(
    code: str,
    facts: Sequence[Fact],
    conditions: Sequence[EvidenceCondition],
    admission: Admission,
) -> SupportAssessment | None:
    """Assess whether the facts back a filed code.

    Parameters
    ----------
    code
        Filed code, finest level.
    facts
        Facts of the case.
    conditions
        From :func:`load_conditions`.
    admission
        Age and dates.

    Returns
    -------
    SupportAssessment or None
        None when no condition speaks of this code or of a patient of this age. When several do,
        one that is supported decides.
    """
    book = FactBook(facts, admission)
    weak = None
    for condition in conditions:
        if not any(code.startswith(f) for f in condition.supports):
            continue
        if not condition.ages[0] <= book.age <= condition.ages[1]:
            continue
        indicators = evaluate(condition.support, book)
        if indicators:
            return SupportAssessment(
                code,
                condition.id,
                SupportStatus.SUPPORTED,
                indicators,
                (),
                f"病历中有支持“{condition.name}”的客观证据",
            )
        weak = weak or _weak(code, condition, book)
    return weak


def _weak(code: str, condition: EvidenceCondition, book: FactBook) -> SupportAssessment:
    against = tuple(dict.fromkeys(_nearest(condition.support, book)))
    reason = (
        f"已测得的数值未达到“{condition.name}”的证据界限，未见其他支持依据，请核对"
        if against
        else f"病历中未见支持“{condition.name}”的检验、治疗或所见，请核对"
    )
    return SupportAssessment(code, condition.id, SupportStatus.WEAK, (), against, reason)


def _nearest(node: Node, book: FactBook) -> Iterable[Indicator]:
    """Yield, for each limit that was not reached, the measured value nearest to it."""
    if isinstance(node, Among):
        for inner in node.nodes:
            yield from _nearest(inner, book)
    elif isinstance(node, Threshold | Change):
        facts = _exact(book.current(node.fact))
        if facts:
            low = node.bound in {"below", "at_most"} if isinstance(node, Threshold) else False
            extreme = (min if low else max)(facts, key=lambda p: p[0])[1]
            yield _indicator(f"未达：{node.text}", extreme)


def load_conditions(rules: Path) -> tuple[EvidenceCondition, ...]:
    """Read and check the evidence conditions.

    Parameters
    ----------
    rules
        Rule folder with ``evidence/conditions.yaml`` and ``lexicons/facts.yaml``.

    Returns
    -------
    tuple of EvidenceCondition
        In the order of the file.

    Raises
    ------
    InputError
        With every problem of the file: unknown facts, limits that are no numbers, missing fields,
        duplicate ids.
    """
    lexicon = load_lexicon(rules)
    try:
        data = yaml.safe_load((rules / CONDITIONS).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problem = Problem(
            "conditions.yaml",
            "conditions_unreadable",
            f"证据规则无法读取（{type(error).__name__}）",
            "检查文件是否存在、是否为 UTF-8 编码的 YAML",
        )
        raise InputError(str(CONDITIONS), [problem]) from error
    reader = _Reader(lexicon)
    conditions = reader.read(data)
    if reader.problems:
        raise InputError(str(CONDITIONS), reader.problems)
    return conditions


_NEEDED = ("id", "name", "row", "codes", "support", "topic", "confounders", "source")
_KNOWN = frozenset(
    (*_NEEDED, "supports", "requires", "explained_by", "query", "unless", "ages", "group")
)


class _Reader:
    """Turn the file into conditions and collect what is wrong with it."""

    def __init__(self, lexicon: FactLexicon) -> None:
        self.lexicon = lexicon
        self.problems: list[Problem] = []

    def _bad(self, field: str, message: str) -> None:
        self.problems.append(
            Problem(field, "condition_invalid", message, "按 conditions.yaml 开头的说明改正")
        )

    def read(self, data: object) -> tuple[EvidenceCondition, ...]:
        rows = data.get("conditions") if isinstance(data, dict) else None
        question = data.get("question") if isinstance(data, dict) else None
        if not isinstance(rows, list) or not isinstance(question, str):
            self._bad("conditions.yaml", "需要 question 文本与 conditions 列表")
            return ()
        if "{topic}" not in question or "{indicators}" not in question:
            self._bad("question", "询问文本须含 {topic} 与 {indicators}")
        conditions = [c for i, row in enumerate(rows) if (c := self._one(i, row, question))]
        seen: set[str] = set()
        for condition in conditions:
            if condition.id in seen:
                self._bad(condition.id, "id 重复")
            seen.add(condition.id)
        return tuple(conditions)

    def _one(self, index: int, row: object, question: str) -> EvidenceCondition | None:
        field = f"conditions[{index}]"
        if not isinstance(row, dict):
            self._bad(field, "应为键值结构")
            return None
        field = f"conditions[{index}] {row.get('id', '')}".strip()
        missing = [key for key in _NEEDED if key not in row]
        unknown = sorted(str(key) for key in row.keys() - _KNOWN)
        if missing or unknown:
            self._bad(field, f"缺少 {missing} 或含未知字段 {unknown}")
            return None
        before = len(self.problems)
        codes = self._texts(f"{field}.codes", row["codes"])
        support_node = self._node(f"{field}.support", row["support"])
        query = self._node(f"{field}.query", row["query"]) if "query" in row else None
        unless = self._node(f"{field}.unless", row["unless"]) if "unless" in row else None
        ages = self._ages(f"{field}.ages", row["ages"]) if "ages" in row else (0, 150)
        lists = {
            key: self._texts(f"{field}.{key}", row.get(key, []))
            for key in ("requires", "explained_by", "confounders")
        }
        supports = self._texts(f"{field}.supports", row["supports"]) if "supports" in row else codes
        if len(self.problems) > before or support_node is None or ages is None:
            return None
        return EvidenceCondition(
            id=str(row["id"]),
            name=str(row["name"]),
            row=int(row["row"]),
            codes=codes,
            supports=supports,
            requires=lists["requires"],
            explained_by=lists["explained_by"],
            query=query,
            support=support_node,
            unless=unless,
            ages=ages,
            topic=str(row["topic"]),
            question=question,
            group=str(row.get("group", row["id"])),
            confounders=lists["confounders"],
            source=str(row["source"]),
        )

    def _texts(self, field: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self._bad(field, "应为文本列表，编码须加引号或为文本")
            return ()
        return tuple(value)

    def _ages(self, field: str, value: object) -> tuple[int, int] | None:
        if (
            isinstance(value, list)
            and len(value) == 2
            and all(isinstance(v, int) and not isinstance(v, bool) for v in value)
        ):
            return value[0], value[1]
        self._bad(field, "应为 [起始年龄, 终止年龄]")
        return None

    def _number(self, field: str, value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._bad(field, "应为数字")
            return Decimal(0)
        return Decimal(str(value))

    def _fact(self, field: str, value: object) -> str:
        if not isinstance(value, str) or value not in self.lexicon.labels:
            self._bad(field, f"事实 {value} 未在 facts.yaml 中定义")
            return ""
        return value

    def _node(self, field: str, data: object) -> Node | None:
        if not isinstance(data, dict):
            self._bad(field, "应为键值结构")
            return None
        for key in ("all_of", "any_of", "of"):
            if key in data:
                return self._among(field, data, key)
        for key, build in (
            ("lab", self._lab),
            ("change", self._changes),
            ("quotient", self._quotients),
            ("over_reference", self._references),
            ("given", self._givens),
        ):
            if key in data:
                return build(field, data)
        self._bad(field, f"无法识别的条件 {sorted(str(k) for k in data)}")
        return None

    def _among(self, field: str, data: Mapping[str, Any], key: str) -> Node | None:
        inner = data[key]
        if not isinstance(inner, list) or not inner:
            self._bad(f"{field}.{key}", "应为非空列表")
            return None
        nodes = [self._node(f"{field}.{key}[{i}]", n) for i, n in enumerate(inner)]
        known = tuple(n for n in nodes if n is not None)
        least = {"all_of": len(inner), "any_of": 1}.get(key, data.get("at_least"))
        if not isinstance(least, int) or not 1 <= least <= len(inner):
            self._bad(f"{field}.at_least", "应为 1 至条件数之间的整数")
            return None
        return Among(least, known)

    def _bound(self, field: str, data: Mapping[str, Any]) -> tuple[str, Decimal]:
        bounds = [b for b in _BOUNDS if b in data]
        if len(bounds) != 1:
            self._bad(field, f"须有且仅有 {list(_BOUNDS)} 之一")
            return "below", Decimal(0)
        return bounds[0], self._number(f"{field}.{bounds[0]}", data[bounds[0]])

    def _lab(self, field: str, data: Mapping[str, Any]) -> Node:
        fact = self._fact(f"{field}.lab", data["lab"])
        bound, limit = self._bound(field, data)
        count = data.get("count", 1)
        if not isinstance(count, int) or count < 1:
            self._bad(f"{field}.count", "应为正整数")
            count = 1
        ages = self._ages(f"{field}.ages", data["ages"]) if "ages" in data else None
        text = f"{self._label(fact)}{_BOUNDS[bound]}{limit}{self._unit(fact)}"
        if count > 1:
            text += f"（{count}次）"
        return Threshold(fact, bound, limit, count, ages, text)

    def _label(self, fact: str) -> str:
        return self.lexicon.labels.get(fact, fact)

    def _unit(self, fact: str) -> str:
        unit = self.lexicon.units.get(fact, "")
        return f"×{unit}" if unit.startswith("10^") else unit

    def _changes(self, field: str, data: Mapping[str, Any]) -> Node:
        fact = self._fact(f"{field}.change", data["change"])
        hows = [h for h in ("rise", "fall", "ratio") if h in data]
        if len(hows) != 1:
            self._bad(field, "须有且仅有 rise、fall、ratio 之一")
            return Change(fact, "rise", Decimal(0), None, "")
        how = hows[0]
        amount = self._number(f"{field}.{how}", data[how])
        days = data.get("days")
        if days is not None and (not isinstance(days, int) or days < 0):
            self._bad(f"{field}.days", "应为天数")
            days = None
        within = f"{days}天内" if days is not None else ""
        what = {
            "rise": f"升高≥{amount}{self._unit(fact)}",
            "fall": f"下降≥{amount}{self._unit(fact)}",
            "ratio": f"变化≥{amount}倍",
        }[how]
        return Change(fact, how, amount, days, f"{self._label(fact)}{within}{what}")

    def _quotients(self, field: str, data: Mapping[str, Any]) -> Node | None:
        pair = data["quotient"]
        if not isinstance(pair, list) or len(pair) != 2:
            self._bad(f"{field}.quotient", "应为两个事实")
            return None
        over, under = (self._fact(f"{field}.quotient", p) for p in pair)
        bound, limit = self._bound(field, data)
        factor = self._number(f"{field}.factor", data.get("factor", 1))
        text = f"{self._label(over)}/{self._label(under)}{_BOUNDS[bound]}{limit}"
        return Quotient(over, under, factor, bound, limit, text)

    def _references(self, field: str, data: Mapping[str, Any]) -> Node:
        fact = self._fact(f"{field}.over_reference", data["over_reference"])
        times = self._number(f"{field}.times", data.get("times"))
        upper = self._number(f"{field}.upper", data.get("upper"))
        text = f"{self._label(fact)}＞参考上限{times}倍"
        if times == 1:
            text = f"{self._label(fact)}＞参考上限"
        return OverReference(fact, times, upper, text)

    def _givens(self, field: str, data: Mapping[str, Any]) -> Node:
        fact = self._fact(f"{field}.given", data["given"])
        routes = self._texts(f"{field}.routes", data.get("routes", []))
        text = self._label(fact) + (f"（{'、'.join(routes)}）" if routes else "")
        return Given(fact, frozenset(routes), text)


def documented_in(families: Collection[str], codes: Iterable[str]) -> bool:
    """Tell whether one of ``codes`` (or a family holding it) is among ``families``."""
    wanted = tuple(codes)
    return any(belongs(family, wanted) for family in families)

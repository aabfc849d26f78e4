"""Read ``evidence/conditions.yaml`` (证据规则文件) and check it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from zhibian.documents.facts import FactLexicon, load_lexicon
from zhibian.problems import InputError, Problem
from zhibian.quality.evidence.types import (
    Among,
    Change,
    Documented,
    EvidenceCondition,
    Given,
    Negation,
    Node,
    OverReference,
    Quotient,
    Threshold,
)

CONDITIONS = Path("evidence") / "conditions.yaml"

_BOUNDS = {"below": "＜", "at_most": "≤", "above": "＞", "at_least": "≥"}


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
        given = data if isinstance(data, dict) else {}
        rows, question = given.get("conditions"), given.get("question")
        if not isinstance(rows, list) or not isinstance(question, str):
            self._bad("conditions.yaml", "需要 question 文本与 conditions 列表")
            return ()
        if "{topic}" not in question or "{indicators}" not in question:
            self._bad("question", "询问文本须含 {topic} 与 {indicators}")
        options = self._texts("options", given.get("options"))
        needs = self._whole("absence_needs", given.get("absence_needs"))
        conditions = [
            c for i, row in enumerate(rows) if (c := self._one(i, row, question, options, needs))
        ]
        seen: set[str] = set()
        for condition in conditions:
            if condition.id in seen:
                self._bad(condition.id, "id 重复")
            seen.add(condition.id)
        return tuple(conditions)

    def _one(
        self, index: int, row: object, question: str, options: tuple[str, ...], needs: int
    ) -> EvidenceCondition | None:
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
            options=options,
            absence_needs=needs,
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
        if "documented" in data:
            return Documented(self._texts(f"{field}.documented", data["documented"]))
        if "not" in data:
            inner = self._node(f"{field}.not", data["not"])
            return None if inner is None else Negation(inner)
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
        apart = self._whole(f"{field}.apart", data.get("apart", 0))
        if apart:
            text += f"（间隔{apart}天以上）"
        return Threshold(
            fact,
            bound,
            limit,
            count,
            ages,
            text,
            without=self._flags(field, data),
            apart=apart,
            from_day=self._whole(f"{field}.from_day", data.get("from_day", 0)),
        )

    def _flags(self, field: str, data: Mapping[str, Any]) -> frozenset[str]:
        return frozenset(self._texts(f"{field}.without", data.get("without", [])))

    def _whole(self, field: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self._bad(field, "应为不小于 0 的整数")
            return 0
        return value

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
        series = data.get("series") is True
        return Change(fact, how, amount, days, f"{self._label(fact)}{within}{what}", series)

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
        return Given(
            fact,
            frozenset(routes),
            text,
            without=self._flags(field, data),
            from_day=self._whole(f"{field}.from_day", data.get("from_day", 0)),
            past=data.get("past") is True,
        )

"""A review in a notebook (笔记本中的病例审核): its parts as tables, one a question of a coder."""

from __future__ import annotations

from collections.abc import Sequence

from zhibian.documents.types import Assertion, Mention, Reading
from zhibian.notebook_table import NotebookTable
from zhibian.payment.what_if_report import GroupOut, WhatIfReport
from zhibian.records.types import Case
from zhibian.review.render import CHANGES, ENTRY_CONDITIONS, headline, quote_of, roles, told_level
from zhibian.review.report import CaseReport, EvidenceOut, SettlementOut

_ASSERTIONS = {
    Assertion.PRESENT: "有",
    Assertion.NEGATED: "否定",
    Assertion.POSSIBLE: "疑似",
    Assertion.HISTORICAL: "既往",
    Assertion.FAMILY: "家族",
    Assertion.PLANNED: "拟行",
    Assertion.CONDITIONAL: "假设",
}
_LEVELS = {"MCC": "MCC", "CC": "CC", "none": ""}
_KINDS = {
    "principal": "换作主要诊断",
    "add_diagnosis": "增加其他诊断",
    "remove_diagnosis": "去掉其他诊断",
    "main_procedure": "换作主要手术操作",
    "add_procedure": "增加手术操作",
    "remove_procedure": "去掉手术操作",
    "scheme": "换用方案",
}


def documents(case: Case, reading: Reading) -> NotebookTable:
    """Return the documents of a case and how they were read."""
    return NotebookTable(
        "文书",
        ("序号", "标题", "时间", "识别为", "段落", "列表条目"),
        [
            (
                place,
                document.title,
                document.time or "",
                reading.kinds[place].value,
                "、".join(
                    dict.fromkeys(
                        s.kind.value for s in reading.sections if s.span.document == place
                    )
                ),
                sum(item.span.document == place for item in reading.items),
            )
            for place, document in enumerate(case.documents)
        ],
    )


def mentions(case: Case, found: Sequence[Mention], about: str) -> NotebookTable:
    """Return where a record names something, and what it says of it there.

    Parameters
    ----------
    case
        The case.
    found
        Its mentions.
    about
        Part of the term, such as 房颤 or 颤动.
    """
    return NotebookTable(
        f"提及“{about}”之处",
        ("文书", "段落", "断言", "依据词", "原文"),
        [
            (
                case.documents[m.span.document].title,
                m.section.value,
                _ASSERTIONS[m.assertion],
                m.cue or "",
                _sentence(case, m),
            )
            for m in found
            if about in m.term
        ],
    )


def diagnoses(report: CaseReport, titles: Sequence[str]) -> NotebookTable:
    """Return the proposed diagnoses, each with its evidence.

    Parameters
    ----------
    report
        The review.
    titles
        Title of each document.
    """
    return NotebookTable(
        "建议诊断",
        ("位置", "编码", "名称", "入院病情", "级别", "置信度", "依据"),
        [
            (
                role,
                entry.code,
                entry.name,
                ENTRY_CONDITIONS[entry.poa],
                told_level(entry),
                entry.confidence,
                _quotes(entry.evidence, titles),
            )
            for role, entry in roles(report)
        ],
    )


def procedures(report: CaseReport, titles: Sequence[str]) -> NotebookTable:
    """Return the proposed procedures, each with its evidence; see :func:`diagnoses`."""
    return NotebookTable(
        "建议手术操作",
        ("编码", "名称", "日期", "置信度", "依据"),
        [
            (p.code, p.name, p.date or "", p.confidence, _quotes(p.evidence, titles))
            for p in report.procedures
        ],
    )


def differences(report: CaseReport, titles: Sequence[str]) -> NotebookTable:
    """Return what the filed page may lack, and what the record does not bear out."""
    missed = [
        ("疑似漏报", m.code, m.name, _LEVELS[m.level], "", _quotes(m.evidence, titles))
        for m in report.flags.missed
    ]
    unsupported = [
        ("疑似无依据", u.code, u.name, _LEVELS[u.level], u.message, _quotes(u.evidence, titles))
        for u in report.flags.unsupported
    ]
    return NotebookTable(
        "与已填报首页的差异（双向）",
        ("方向", "编码", "名称", "级别", "原因", "原文"),
        [*missed, *unsupported],
    )


def queries(report: CaseReport, titles: Sequence[str]) -> NotebookTable:
    """Return the neutral questions to the clinician."""
    return NotebookTable(
        "临床询问",
        ("情况", "指标", "询问"),
        [
            (
                query.condition,
                _quotes(query.indicators, titles),
                "\n".join((query.question, *(f"□ {option}" for option in query.options))),
            )
            for query in report.queries
        ],
    )


def groups(report: CaseReport) -> NotebookTable:
    """Return the groups of both pages and the steps that led there."""
    told = (("已填报", report.grouping.filed), ("建议", report.grouping.proposed))
    return NotebookTable(
        f"分组（{report.versions.scheme}）",
        ("首页", "结果", "分组过程"),
        [(t, headline(g), "" if g is None else "\n".join(g.explanation)) for t, g in told],
    )


def settlements(reports: Sequence[CaseReport]) -> NotebookTable:
    """Return what both pages of cases would be paid; cases without a settlement are left out."""
    rows = []
    for report in reports:
        settled = None if report.deviation is None else report.deviation.settled
        if settled is not None:
            for title, side, grouping in (
                ("填报", settled.filed, report.grouping.filed),
                ("建议", settled.proposed, report.grouping.proposed),
            ):
                drg = None if grouping is None else grouping.drg
                rows.append((report.id, title, drg, *_settled(side, settled.cost)))
    return NotebookTable(
        "结算测算（元）",
        ("病例", "首页", "病组", "总费用", "类型", "倍率", "应付", "盈亏"),
        rows,
    )


def deviations(reports: Sequence[CaseReport]) -> NotebookTable:
    """Return by how much cases would be paid otherwise: proposed less filed."""
    rows = []
    for report in reports:
        deviation = report.deviation
        settled = None if deviation is None else deviation.settled
        if deviation is not None and settled is not None:
            rows.append(
                (
                    report.id,
                    _direction(deviation.weight),
                    None
                    if deviation.weight is None
                    else f"{deviation.weight:+.4f}".replace("-", "−"),
                    deviation.amount,
                    settled.amount,
                    settled.confidence,
                    settled.expected,
                    settled.note or "",
                )
            )
    return NotebookTable(
        "支付偏差（建议 − 填报，元）",
        ("病例", "方向", "权重差", "标准差额", "结算差额", "置信度", "期望差额", "说明"),
        rows,
    )


def contributions(report: CaseReport) -> NotebookTable:
    """Return what each difference of the two pages does to what is paid."""
    settled = None if report.deviation is None else report.deviation.settled
    return NotebookTable(
        f"{report.id}：逐项差异对应付的作用（元，按首页顺序，不作推荐）",
        ("差异", "编码", "名称", "单独改动", "单独撤回", "分摊（Shapley）"),
        [
            (CHANGES[c.kind], c.code, c.name, c.amount, c.amount_undone, c.share)
            for c in (() if settled is None else settled.contributions)
        ],
    )


def alternatives(report: WhatIfReport) -> NotebookTable:
    """Return the group after each single change; what changes nothing is told as well."""
    return NotebookTable(
        f"每一处改动后的分组（填报：{_group(report.before)}）",
        ("改动", "编码", "名称", "改动后", "权重", "病组"),
        [
            (
                _KINDS[found.kind],
                found.code,
                found.name,
                _group(found.after),
                found.after.weight,
                "变化" if found.group_changed else "不变",
            )
            for found in report.alternatives
        ],
    )


def _group(group: GroupOut) -> str:
    return f"{group.drg or group.status} {group.name}".strip()


def _settled(side: SettlementOut, cost: float) -> tuple[float | str | None, ...]:
    multiple = None if side.multiple is None else f"{side.multiple:.4f}"
    return cost, side.kind_name, multiple, side.amount, side.balance


def _signed(weight: float | None) -> str | None:
    return None if weight is None else f"{weight:+.4f}".replace("-", "−")


def _direction(weight: float | None) -> str:
    """Return the direction by weight: a class judged anew may turn the sign of the amount."""
    if weight is None:
        return "不能比较"
    if weight == 0:
        return "权重相同"
    return "疑似漏编" if weight > 0 else "疑似高编"


def _quotes(evidence: Sequence[EvidenceOut], titles: Sequence[str]) -> str:
    return "\n".join(quote_of(entry, titles).plain for entry in evidence[:2])


def _sentence(case: Case, mention: Mention) -> str:
    span = mention.sentence
    return " ".join(case.documents[span.document].text[span.start : span.end].split())

"""Show one review in Chinese on a terminal (终端显示)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from zhibian.review.report import (
    CaseReport,
    ContributionOut,
    DiagnosisOut,
    EvidenceOut,
    GroupingOut,
    ProcedureOut,
    SettledDeviationOut,
)

ENTRY_CONDITIONS = {"1": "1 有", "2": "2 临床未确定", "3": "3 情况不明", "4": "4 无"}
_LEVEL = {"MCC": "MCC", "CC": "CC", "none": ""}
CHANGES = {
    "principal": "换主要诊断",
    "add_diagnosis": "增加诊断",
    "remove_diagnosis": "去掉诊断",
    "main_procedure": "换主要手术",
    "add_procedure": "增加手术操作",
    "remove_procedure": "去掉手术操作",
}
_LONGEST_QUOTE = 110
# Ids of trust rows (rules/coding/sources.yaml) that hold this speak of a diagnosis list.
LIST_SOURCE = "-list"


def show(report: CaseReport, titles: Sequence[str], console: Console) -> None:
    """Print a review.

    Parameters
    ----------
    report
        The review.
    titles
        Title of each document, for the evidence column.
    console
        Where to print.
    """
    console.print(Panel(Text(f"病例 {report.id}", style="bold"), subtitle=_versions(report)))
    console.print(_diagnoses(report, titles))
    console.print(_reasons(report))
    console.print(_procedures(report.procedures, titles))
    if report.doubtful.diagnoses or report.doubtful.procedures:
        console.print(_doubtful(report, titles))
    console.print(_groups(report))
    console.print(_flags(report, titles))
    if report.queries:
        console.print(_queries(report, titles))
    console.print(_deviation(report))
    if report.deviation is not None and report.deviation.settled is not None:
        console.print(_settled(report.deviation.settled))
    for notice in report.notices:
        told = f"{notice.field}：{notice.message}。{notice.remedy}"
        console.print(Text.assemble(("提示 ", "yellow"), told))
    console.print(Text(report.disclaimer, style="dim"))


def _versions(report: CaseReport) -> str:
    parts = [f"智编 {report.versions.zhibian}", f"分组方案 {report.versions.scheme}"]
    if report.versions.tariff:
        parts.append(f"支付标准 {report.versions.tariff}")
    parts.append("、".join(report.versions.models) or "词典与规则，未用模型")
    return " · ".join(parts)


def quote_of(evidence: EvidenceOut, titles: Sequence[str]) -> Text:
    """Return a quote on one line, shortened, with its document in front."""
    flat = " ".join(evidence.quote.split())
    shown = flat if len(flat) <= _LONGEST_QUOTE else flat[: _LONGEST_QUOTE - 1] + "…"
    return Text.assemble((f"{titles[evidence.document]}：", "cyan"), f"“{shown}”")


def _quotes(evidence: Sequence[EvidenceOut], titles: Sequence[str]) -> Text:
    """Return the best quote and, where that is a list entry, the best sentence beside it."""
    if not evidence:
        return Text("—")
    shown = [evidence[0]]
    if LIST_SOURCE in evidence[0].source:
        shown.extend([e for e in evidence[1:] if LIST_SOURCE not in e.source][:1])
    return Text("\n").join(quote_of(entry, titles) for entry in shown)


def _table(title: str, *columns: tuple[str, str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", expand=True)
    for name, overflow in columns:
        if overflow == "fold":
            table.add_column(name, overflow="fold", ratio=1)
        else:
            table.add_column(name, no_wrap=True)
    return table


def _diagnoses(report: CaseReport, titles: Sequence[str]) -> RenderableType:
    table = _table(
        "建议诊断",
        ("", "keep"),
        ("编码", "keep"),
        ("名称", "fold"),
        ("入院病情", "keep"),
        ("级别", "keep"),
        ("置信", "keep"),
        ("依据", "fold"),
    )
    for role, entry in roles(report):
        table.add_row(
            role,
            entry.code,
            entry.name,
            ENTRY_CONDITIONS[entry.poa],
            told_level(entry),
            f"{entry.confidence:.2f}",
            _quotes(entry.evidence, titles),
        )
    if report.principal is None:
        table.add_row("主要", "—", "病历中未找到可编码的诊断，请人工编码", "", "", "", "")
    return table


def _reasons(report: CaseReport) -> RenderableType:
    """Return why the principal diagnosis was chosen, and what else it might be."""
    principal = report.principal
    if principal is None:
        return Text()
    lines = [Text(f"  {rule.explanation}") for rule in report.rules if rule.decides]
    if principal.alternatives:
        others = "；".join(f"{other.code} {other.name}" for other in principal.alternatives)
        lines.append(Text(f"  主要诊断备选：{others}", style="dim"))
    return Group(*lines)


def _doubtful(report: CaseReport, titles: Sequence[str]) -> RenderableType:
    table = _table(
        "存疑（把握不足，未列入建议，请人工判断）",
        ("编码", "keep"),
        ("名称", "fold"),
        ("置信", "keep"),
        ("依据", "fold"),
    )
    entries: list[DiagnosisOut | ProcedureOut] = [*report.doubtful.diagnoses]
    entries.extend(report.doubtful.procedures)
    for entry in entries:
        quotes = _quotes(entry.evidence, titles)
        table.add_row(entry.code, entry.name, f"{entry.confidence:.2f}", quotes)
    return table


def roles(report: CaseReport) -> Iterator[tuple[str, DiagnosisOut]]:
    """Yield the proposed diagnoses with their place on the page."""
    if report.principal is not None:
        yield "主要", report.principal
    for entry in report.others:
        yield "其他", entry


def told_level(entry: DiagnosisOut) -> str:
    """Return CC or MCC, and whether the principal excludes it or measured facts lack."""
    level = _LEVEL[entry.level]
    if level and not entry.counted:
        level = f"{level}（排除）"
    weak = entry.support is not None and entry.support.status == "weak"
    return f"{level} 缺客观依据" if weak else level


def _procedures(procedures: Sequence[ProcedureOut], titles: Sequence[str]) -> RenderableType:
    if not procedures:
        return Text("建议手术操作：无", style="bold")
    table = _table(
        "建议手术操作",
        ("编码", "keep"),
        ("名称", "fold"),
        ("日期", "keep"),
        ("置信", "keep"),
        ("依据", "fold"),
    )
    for entry in procedures:
        table.add_row(
            entry.code,
            entry.name,
            entry.date or "",
            f"{entry.confidence:.2f}",
            _quotes(entry.evidence, titles),
        )
    return table


def _groups(report: CaseReport) -> RenderableType:
    parts: list[RenderableType] = []
    for title, grouping in (
        ("已填报首页的分组", report.grouping.filed),
        ("建议首页的分组", report.grouping.proposed),
    ):
        parts.append(Text(f"{title}：{headline(grouping)}", style="bold"))
        if grouping is not None:
            parts.extend(Text(f"  {line}") for line in grouping.explanation)
    return Group(*parts)


def headline(grouping: GroupingOut | None) -> str:
    """Return the group, its name, weight and payment standard in one line."""
    if grouping is None:
        return "无（没有首页）"
    name = f"{grouping.drg or '未入组'} {grouping.name or grouping.reason or ''}".strip()
    payment = grouping.payment
    if payment is None:
        return name
    weight = "无公布权重" if payment.weight is None else f"权重 {payment.weight:g}"
    amount = "" if payment.amount is None else f"，支付标准 {payment.amount:,.2f} 元"
    return f"{name}（{weight}{amount}）"


def _flags(report: CaseReport, titles: Sequence[str]) -> RenderableType:
    if report.grouping.filed is None:
        return Text("未提供已填报首页，不比较漏报与无依据编码。")
    table = _table(
        "与已填报首页的差异（双向）",
        ("方向", "keep"),
        ("编码", "keep"),
        ("名称", "fold"),
        ("级别", "keep"),
        ("说明", "fold"),
    )
    for missed in report.flags.missed:
        origin = f"已填报为 {missed.instead_of}；" if missed.instead_of else ""
        table.add_row(
            "疑似漏报",
            missed.code,
            missed.name,
            _LEVEL[missed.level],
            Text(origin) + _quotes(missed.evidence, titles),
        )
    for doubt in report.flags.unsupported:
        table.add_row(
            "疑似无依据",
            doubt.code,
            doubt.name,
            _LEVEL[doubt.level],
            Text(f"{doubt.message}。") + _quotes(doubt.evidence, titles),
        )
    if report.flags.principal_differs:
        table.add_row("主要诊断", "", "建议与已填报不一致，请核对", "", "")
    if table.row_count == 0:
        return Text("与已填报首页一致：未发现漏报或无依据编码。")
    return table


def _queries(report: CaseReport, titles: Sequence[str]) -> RenderableType:
    table = _table(
        "临床询问（仅陈述指标，由医师判断）",
        ("情况", "keep"),
        ("询问", "fold"),
        ("指标", "fold"),
    )
    for query in report.queries:
        question = "\n".join((query.question, *(f"□ {option}" for option in query.options)))
        table.add_row(query.condition, question, _quotes(query.indicators, titles))
    return table


def _deviation(report: CaseReport) -> RenderableType:
    deviation = report.deviation
    if report.versions.tariff is None:
        return Text("支付偏差：未使用支付标准，不计算。")
    if deviation is None:
        return Text("支付偏差：没有已填报首页，不计算。")
    head = f"支付偏差（建议 − 已填报，{deviation.tariff} {deviation.variant}）"
    weight = "" if deviation.weight is None else f"权重 {deviation.weight:+.4f}，"
    if deviation.amount is None:
        what = "金额无法计算" if weight else "无法计算"
        return Text(f"{head}：{weight}{what}，{deviation.note}")
    rate = "" if deviation.rate is None else f"，{deviation.rate:+.1%}"
    return Text(f"{head}：{weight}{deviation.amount:+,.2f} 元{rate}", style="bold")


def _settled(settled: SettledDeviationOut) -> RenderableType:
    """Return how both pages would be settled with the cost, and what each difference does."""
    parts: list[RenderableType] = [
        Text(f"结算测算（总费用 {settled.cost:,.2f} 元，规则 {settled.rules}）", style="bold")
    ]
    for title, side in (("填报", settled.filed), ("建议", settled.proposed)):
        multiple = "" if side.multiple is None else f"，倍率 {side.multiple:.4f}"
        told = f"应付 {side.amount:,.2f} 元" if side.amount is not None else side.reason
        balance = "" if side.balance is None else f"，盈亏 {side.balance:+,.2f} 元"
        parts.append(Text(f"  {title}：{side.kind_name}{multiple}，{told}{balance}"))
    if settled.amount is not None:
        rate = "" if settled.rate is None else f"，{settled.rate:+.1%}"
        changed = "，两侧类型不同" if settled.class_changed else ""
        parts.append(Text(f"  差额 {settled.amount:+,.2f} 元{rate}{changed}"))
    if settled.expected is not None:
        chance = f"按置信度 {settled.confidence:.2f} 的期望差额"
        parts.append(Text(f"  {chance} {settled.expected:+,.2f} 元"))
    if settled.note:
        parts.append(Text(f"  {settled.note}"))
    if settled.contributions:
        parts.append(_contributions(settled.contributions))
    parts.append(Text(f"  {settled.statement}", style="dim"))
    return Group(*parts)


def _contributions(entries: Sequence[ContributionOut]) -> RenderableType:
    table = _table(
        "逐项差异对权重与应付的作用（按首页顺序，不作推荐）",
        ("差异", "keep"),
        ("编码", "keep"),
        ("名称", "fold"),
        ("单独改动", "keep"),
        ("单独撤回", "keep"),
        ("分摊（元）", "keep"),
    )
    for entry in entries:
        table.add_row(
            CHANGES[entry.kind],
            entry.code,
            entry.name,
            _effect(entry.weight, entry.amount),
            _effect(entry.weight_undone, entry.amount_undone),
            "—" if entry.share is None else f"{entry.share:+,.2f}",
        )
    return table


def _effect(weight: float | None, amount: float | None) -> str:
    shown = "—" if weight is None else f"{weight:+.4f}"
    return f"{shown}\n{'—' if amount is None else f'{amount:+,.2f} 元'}"

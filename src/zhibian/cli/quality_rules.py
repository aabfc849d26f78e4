"""``zhibian quality rules`` and ``explain``: the rule book on screen (质控规则)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from zhibian.cli.common import RulesOption, print_csv, refuse
from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.book import RuleBook
from zhibian.quality.front_page.explain import CHAPTERS, explain_check, explain_rule
from zhibian.quality.front_page.rule_files import load_rule_book
from zhibian.quality.front_page.types import Gate, QualityRule, Severity
from zhibian.settings import Settings


def rules(
    rules: RulesOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="只校验规则文件，一次列出全部错误。")
    ] = False,
    gate: Annotated[Gate | None, typer.Option("--gate", help="只列出某一闸口的规则。")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="以 CSV 输出。")] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="以 Markdown 表输出，供文档使用。")
    ] = False,
) -> None:
    """列出质控规则：编号、级别、闸口、检测数。"""
    book = _book(rules)
    if check:
        typer.echo(f"规则文件无误：{_counts(book)}")
        return
    shown = [r for r in book.rules.values() if gate is None or gate in r.gates]
    if csv:
        header = ("id", "chapter", "severity", "gates", "checks", "title")
        print_csv(header, (_row(rule) for rule in shown))
        return
    if markdown:
        typer.echo(markdown_table(shown))
        return
    for line in _lines(book, shown):
        typer.echo(line)


def explain(
    rule: Annotated[str, typer.Argument(help="规则编号，如 X01；或检测编号，如 X01/O00-O08。")],
    rules: RulesOption = None,
) -> None:
    """说明一条规则：条件、处理办法、出处、不判断的情形、各检测的参数。"""
    book = _book(rules)
    found = book.rules.get(rule)
    if found is not None:
        typer.echo(explain_rule(found, book))
        return
    named = next((c for c in book.checks if c.id == rule), None)
    if named is None:
        remedy = "用 zhibian quality rules 查看规则编号"
        raise refuse([Problem("rule", "rule_unknown", "没有这条规则或检测", remedy, rule)])
    typer.echo(explain_check(named, book))


def _book(rules: RulesOption) -> RuleBook:
    try:
        return load_rule_book(rules or Settings().rules)
    except InputError as error:
        raise refuse(error.problems, error.source) from None


def _counts(book: RuleBook) -> str:
    documents = sum(rule.needs_documents for rule in book.rules.values())
    text = f"{len(book.rules)} 条规则展开为 {len(book.checks)} 项检测"
    return text + (f"，其中 {documents} 条须看病历文书" if documents else "")


def _lines(book: RuleBook, shown: list[QualityRule]) -> Iterator[str]:
    chapter = ""
    for rule in shown:
        if rule.id[0] != chapter:
            chapter = rule.id[0]
            yield f"{chapter} {CHAPTERS.get(chapter, '')}"
        gates = "、".join(g.chinese for g in Gate if g in rule.gates)
        judged = "病历文书" if rule.needs_documents else f"{rule.checks} 项检测"
        yield f"  {rule.id}  {rule.severity.chinese}  {judged}  {gates}  {rule.title}"
    by_severity = "，".join(
        f"{severity.chinese} {sum(r.severity is severity for r in shown)}" for severity in Severity
    )
    if len(shown) == len(book.rules):
        yield f"共 {_counts(book)}（{by_severity}）"
    else:
        yield f"所列 {len(shown)} 条规则，{sum(r.checks for r in shown)} 项检测（{by_severity}）"


def markdown_table(rules: Sequence[QualityRule]) -> str:
    """Return rules as the table of ``docs/quality.md``."""
    rows = ["| rule | what it asks | level | gates | checks |", "|---|---|---|---|---|"]
    for rule in rules:
        gates = " ".join(gate.value for gate in Gate if gate in rule.gates)
        judged = "documents" if rule.needs_documents else str(rule.checks)
        rows.append(f"| {rule.id} | {rule.title} | {rule.severity.value} | {gates} | {judged} |")
    return "\n".join(rows)


def _row(rule: QualityRule) -> tuple[str, ...]:
    gates = " ".join(g.value for g in Gate if g in rule.gates)
    return rule.id, rule.id[0], rule.severity.value, gates, str(rule.checks), rule.title

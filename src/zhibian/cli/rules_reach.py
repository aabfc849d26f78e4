"""``zhibian rules coverage`` and ``reach``: what a pack leaves out (覆盖与可达性)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from zhibian.cli.common import RulesOption, print_csv, refuse
from zhibian.grouping.codebook import CodeBook, codebook_of
from zhibian.grouping.coverage import CoverageReport, chapters, coverage
from zhibian.grouping.pack import RulePack, load_scheme
from zhibian.grouping.types import GroupingInput
from zhibian.grouping.witness import WHY, Reach, Verdict, witnesses
from zhibian.problems import InputError
from zhibian.settings import Settings
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, load_code_set

_VERDICTS: dict[Verdict, str] = {
    "reachable": "可达",
    "unreachable": "不可达",
    "undecided": "未能判定",
}

SchemeArgument = Annotated[str, typer.Argument(help="方案，如 chs-drg-1.1。")]
FormatOption = Annotated[
    Literal["text", "json", "csv"], typer.Option("--format", help="屏幕输出。")
]


def show_coverage(
    scheme: SchemeArgument, output_format: FormatOption = "text", rules: RulesOption = None
) -> None:
    """列出方案未覆盖之处：来源缺口，没有大类或核心组收录的诊断与手术操作。"""
    pack, codebook, names = _loaded(scheme, rules)
    found = coverage(pack, codebook)
    lists = _lists(found)
    if output_format == "json":
        told = {
            "scheme": found.scheme,
            "gaps": [g.model_dump(mode="json") for g in found.gaps],
            "chapters": {what: chapters(c for _, c in rows) for what, rows in lists.items()},
            **{
                what: [{"of": of, "code": c, "name": names.get(c)} for of, c in rows]
                for what, rows in lists.items()
            },
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif output_format == "csv":
        print_csv(
            ("what", "of", "code", "name"),
            [(what, of, c, names.get(c, "")) for what, rows in lists.items() for of, c in rows],
        )
    else:
        _coverage_text(found, lists)


_TITLES = {
    "principals_without_mdc": "不能进入任何大类的主要诊断",
    "procedures_without_group": "没有任何核心组收录的手术操作",
    "valid_without_group": "有效但没有核心组收录的手术操作（多为歧义组）",
    "principals_without_medical_group": "已入大类，但没有不需手术操作的核心组的主要诊断",
    "unknown": "规则包使用、但不在医保版编码集的编码",
}


def _lists(found: CoverageReport) -> dict[str, list[tuple[str, str]]]:
    """Return the lists of a report: category or set, and code."""
    return {
        "principals_without_mdc": [("", c) for c in found.principals_without_mdc],
        "procedures_without_group": [("", c) for c in found.procedures_without_group],
        "valid_without_group": [("", c) for c in found.valid_without_group],
        "principals_without_medical_group": [
            (mdc, c) for mdc, codes in found.principals_without_medical_group.items() for c in codes
        ],
        "unknown": [(name, c) for name, codes in found.unknown.items() for c in codes],
    }


def _coverage_text(found: CoverageReport, lists: dict[str, list[tuple[str, str]]]) -> None:
    typer.echo(f"{found.scheme}\n来源缺口：{len(found.gaps)}")
    for gap in found.gaps:
        typer.echo(f"  {gap.id}：{gap.title}（{'、'.join(gap.groups)}）")
    for what, rows in lists.items():
        typer.echo(f"{_TITLES[what]}：{len(rows):,}{'（逐条见 --format csv）' if rows else ''}")
        counts = Counter(of for of, _ in rows if of) or chapters(c for _, c in rows)
        if counts:
            typer.echo(f"  {'，'.join(f'{name} {n:,}' for name, n in counts.items())}")


def show_reach(
    scheme: SchemeArgument, output_format: FormatOption = "text", rules: RulesOption = None
) -> None:
    """检查每个病组能否到达：能则给出一个最小病例并实际分组，不能则给出原因。"""
    pack, codebook, _ = _loaded(scheme, rules)
    found = list(witnesses(pack, codebook))
    if output_format == "json":
        told = {"scheme": scheme, "groups": [_reach_json(r) for r in found]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif output_format == "csv":
        header = ("mdc", "adrg", "group", "name", "verdict", "why", "by", "principal", "others",
                  "procedures", "sex", "age", "age_days", "weight")  # fmt: skip
        print_csv(header, [_reach_row(r) for r in found])
    else:
        _reach_text(scheme, found)


def _reach_json(found: Reach) -> dict[str, object]:
    return {
        "mdc": found.mdc,
        "adrg": found.adrg,
        "group": found.group,
        "name": found.name,
        "verdict": found.verdict,
        "why": found.why or None,
        "by": list(found.by),
        "case": asdict(found.case) if found.case else None,
        "grouping": found.grouping.to_json() if found.grouping else None,
    }


def _reach_row(found: Reach) -> tuple[str, ...]:
    case = found.case or GroupingInput(None)
    numbers = (case.sex, case.age, case.age_days, case.weight_g)
    return (
        found.mdc,
        found.adrg,
        found.group,
        found.name,
        found.verdict,
        found.why,
        "|".join(found.by),
        case.principal or "",
        "|".join(case.others),
        "|".join(case.procedures),
        *("" if n is None else f"{n:g}" for n in numbers),
    )


def _reach_text(scheme: str, found: list[Reach]) -> None:
    counts = Counter(r.verdict for r in found)
    said = "，".join(f"{_VERDICTS[v]} {counts[v]:,}" for v in _VERDICTS if counts[v])
    typer.echo(f"{scheme}：共 {len(found):,} 组（含歧义组），{said}")
    for reach in found:
        if reach.verdict != "reachable":
            by = f"：{'、'.join(reach.by)}" if reach.by else ""
            why = f"（{WHY[reach.why]}{by}）" if reach.why else ""
            typer.echo(f"  {_VERDICTS[reach.verdict]} {reach.group} {reach.name}{why}")
    if counts["reachable"]:
        typer.echo("每个可达病组的最小病例见 --format csv")


def _loaded(scheme: str, rules: Path | None) -> tuple[RulePack, CodeBook, dict[str, str]]:
    folder = rules or Settings().rules
    try:
        diagnoses, procedures = (load_code_set(folder, s) for s in (ICD10_NHSA, ICD9CM3_NHSA))
        names = {c: e.name for s in (diagnoses, procedures) for c, e in s.entries.items()}
        return load_scheme(folder, scheme), codebook_of(diagnoses, procedures), names
    except InputError as error:
        raise refuse(error.problems) from None

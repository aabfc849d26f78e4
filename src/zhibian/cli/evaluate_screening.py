"""``zhibian evaluate screening`` and ``plant``: how well text suspicions hold (文本筛查评测)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from zhibian.cli.common import RulesOption, case_limits, refuse
from zhibian.cli.models import ModelsOption, with_models
from zhibian.cli.outputs import OutputFolder, Source, check_outputs
from zhibian.cli.progress import progress
from zhibian.evaluation.figures import Figure
from zhibian.evaluation.planting import material, planted_cases
from zhibian.evaluation.screening import (
    PageScore,
    is_planted,
    score_page,
    screening_figures,
    totals,
)
from zhibian.problems import InputError, Problem
from zhibian.quality.flags import Level
from zhibian.records.case_file import SUFFIXES, case_files, read_raw
from zhibian.records.case_json import Limits, case_from_mapping
from zhibian.review.assemble import level_of
from zhibian.review.pipeline import review
from zhibian.review.reviewer import NO_TARIFF, Reviewer, code_check, load_reviewer
from zhibian.screening.queries.questions import load_question_rules
from zhibian.screening.text.evidence import text_items
from zhibian.screening.text.rules import load_text_rules
from zhibian.settings import Settings

Raw = Mapping[str, Any]

FoldersArgument = Annotated[
    list[Path], typer.Argument(help="病例文件夹（JSON 或 YAML），可给多个。")
]
PatternOption = Annotated[str, typer.Option(help="只用文件名相符者，如 N*。")]
SeedOption = Annotated[int, typer.Option(help="随机种子。")]
SchemeOption = Annotated[str | None, typer.Option(help="分组方案；CC/MCC 级别由此而定。")]


def screening(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    folders: FoldersArgument,
    scheme: SchemeOption = None,
    pattern: PatternOption = "*",
    plant: Annotated[
        int, typer.Option(min=0, help="先按金标准首页埋错，每例埋几页；0 为按原有 planted 评测。")
    ] = 0,
    output_format: Annotated[
        Literal["text", "json"], typer.Option("--format", help="屏幕输出格式。")
    ] = "text",
    misses: Annotated[
        bool, typer.Option("--misses", help="另列误报与未检出的编码（不含病历文字）。")
    ] = False,
    seed: SeedOption = 20250101,
    draws: Annotated[int, typer.Option(min=100, help="自助法重抽次数。")] = 2000,
    models: ModelsOption = "off",
    rules: RulesOption = None,
) -> None:
    """Print how well planted errors are found, and how often right pages are alarmed."""
    settings = Settings()
    try:
        where = rules or settings.rules
        reviewer = with_models(
            load_reviewer(where, scheme or settings.scheme, NO_TARIFF, None),
            models,
            where,
            settings,
        )
        limits = case_limits(settings)
        raws = _raw_cases(folders, pattern, limits)
        if plant:
            raws = _planted(raws, plant, seed, reviewer)
        scores = _scores(raws, reviewer, where, limits)
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    figures = screening_figures(list(scores.values()), seed, draws)
    if output_format == "json":
        told = _as_json(scores, figures, reviewer)
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    console = Console(highlight=False)
    console.print(_table(scores, figures, reviewer.pack.scheme))
    if misses:
        for name, score in scores.items():
            for line in (
                *(f"误报 {f}" for f in score.false),
                *(f"漏检 {m}" for m in score.missing),
            ):
                console.print(f"{name} {line}", markup=False)


def plant(
    folders: FoldersArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="写出埋错病例的文件夹。")],
    scheme: SchemeOption = None,
    pattern: PatternOption = "*",
    rounds: Annotated[int, typer.Option(min=1, help="每例埋几页。")] = 4,
    seed: SeedOption = 20250101,
    rules: RulesOption = None,
) -> None:
    """Write cases whose right pages were given errors, one JSON file a page."""
    settings = Settings()
    try:
        check_outputs(
            "evaluate plant",
            [Source("FOLDERS", folder, SUFFIXES) for folder in folders],
            [OutputFolder("--output", output, (".json",))],
        )
        reviewer = load_reviewer(
            rules or settings.rules, scheme or settings.scheme, NO_TARIFF, None
        )
        raws = _raw_cases(folders, pattern, case_limits(settings))
        output.mkdir(parents=True, exist_ok=True)
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    except OSError:
        problem = Problem("--output", "output_unusable", "不能建立输出文件夹", "另选一个文件夹")
        raise refuse([problem], output.name) from None
    cases = _planted(raws, rounds, seed, reviewer)
    for case in cases:
        text = json.dumps(case, ensure_ascii=False, indent=1)
        (output / f"{case['id']}.json").write_text(text, encoding="utf-8")
    Console(stderr=True, highlight=False).print(f"写出 {len(cases)} 页")


def _raw_cases(folders: Sequence[Path], pattern: str, limits: Limits) -> list[Raw]:
    """Return the parsed cases of the folders that have a gold block."""
    found: list[Raw] = []
    for folder in folders:
        if not folder.is_dir():
            problem = Problem("路径", "path_missing", "没有这个文件夹", "核对路径")
            raise InputError(folder.name, [problem])
        for path in (p for p in case_files(folder) if p.match(pattern)):
            raw = read_raw(path, limits)
            if isinstance(raw, Mapping) and isinstance(raw.get("gold"), Mapping):
                found.append(raw)
    if not found:
        problem = Problem(
            "路径", "gold_missing", "没有含 gold 块的病例", "指向带 gold 的病例文件夹"
        )
        raise InputError("evaluate", [problem])
    return found


def _planted(raws: Sequence[Raw], rounds: int, seed: int, reviewer: Reviewer) -> list[Raw]:
    def level(code: str) -> Level:
        return level_of(code, reviewer)

    stuff = material([raw["gold"] for raw in raws], reviewer.diagnoses, level)
    return [case for raw in raws for case in planted_cases(raw, rounds, seed, stuff)]


def _scores(
    raws: Sequence[Raw], reviewer: Reviewer, rules: Path, limits: Limits
) -> dict[str, PageScore]:
    """Return the counts of every page by the id of its case.

    Raises
    ------
    InputError
        A case can't be read, has no filed page, or does not tell what is planted in it.
    """
    text_rules, questions = load_text_rules(rules), load_question_rules(rules)

    def level(code: str) -> Level:
        return level_of(code, reviewer)

    scores = {}
    with progress("文本筛查评测", len(raws)) as step:
        for raw in raws:
            name = str(raw.get("id"))
            read = case_from_mapping(raw, name, limits, code_check(reviewer))
            page = read.case.coded_front_page
            if page is None or not is_planted(raw["gold"]):
                problem = Problem(
                    "gold.planted",
                    "planted_missing",
                    "没有已填报首页，或没有 planted 块",
                    "补上，或用 --plant 按金标准首页埋错",
                )
                raise InputError(name, [problem])
            items = text_items(read, review(read, reviewer), reviewer, text_rules, questions)
            scores[read.case.id] = score_page(read.case.id, page, items, raw["gold"], level)
            step(1)
    return scores


def _table(scores: Mapping[str, PageScore], figures: Mapping[str, Figure], scheme: str) -> Table:
    pages = list(scores.values())
    counted = totals(pages)
    records = len({page.record for page in pages})
    right = sum(page.right for page in pages)
    table = Table(
        title=f"{len(pages)} 页（正确 {right} 页），{records} 例；方案 {scheme}；括号内为 95% 区间"
    )
    table.add_column("指标")
    table.add_column("值", justify="right")
    table.add_column("n", justify="right")
    for name, figure in figures.items():
        if counted[name]:
            shown = f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"
            table.add_row(name, shown, str(counted[name]))
    return table


def _as_json(
    scores: Mapping[str, PageScore], figures: Mapping[str, Figure], reviewer: Reviewer
) -> dict[str, object]:
    pages = list(scores.values())
    counted = totals(pages)
    return {
        "scheme": reviewer.pack.scheme,
        "models": list(reviewer.knowledge.voices.versions),
        "pages": len(pages),
        "right": sum(page.right for page in pages),
        "records": len({page.record for page in pages}),
        "figures": {
            name: {**asdict(figure), "n": counted[name]}
            for name, figure in figures.items()
            if counted[name]
        },
    }

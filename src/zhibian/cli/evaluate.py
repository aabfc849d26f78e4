"""``zhibian evaluate``: agreement with the gold blocks of case files (编码评测)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from zhibian.cli.common import RulesOption, case_limits, refuse
from zhibian.evaluation.gold_cases import CaseScore, Figure, figures, gold_of, score_case
from zhibian.problems import InputError, Problem
from zhibian.records.case_json import Limits, case_from_mapping, decode, parse_json
from zhibian.review.pipeline import review
from zhibian.review.reviewer import NO_TARIFF, Reviewer, code_check, load_reviewer
from zhibian.settings import Settings


def evaluate(
    folder: Annotated[Path, typer.Argument(help="含 gold 块的病例 JSON 文件夹。")],
    scheme: Annotated[str | None, typer.Option(help="分组方案。")] = None,
    seed: Annotated[int, typer.Option(help="自助法随机种子。")] = 20250101,
    draws: Annotated[int, typer.Option(min=100, help="自助法重抽次数。")] = 2000,
    rules: RulesOption = None,
) -> None:
    """Print agreement with gold codes, with n, intervals and cases a second."""
    settings = Settings()
    limits = case_limits(settings)
    try:
        reviewer = load_reviewer(
            rules or settings.rules, scheme or settings.scheme, NO_TARIFF, None
        )
        started = time.perf_counter()
        scores = _scores(folder, limits, reviewer)
        seconds = time.perf_counter() - started
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    _show(figures(scores, seed, draws), len(scores), seconds, reviewer.pack.scheme)


def _scores(folder: Path, limits: Limits, reviewer: Reviewer) -> Sequence[CaseScore]:
    """Review every case that has gold codes; a file that can't be read stops the evaluation."""
    scores = []
    for path in sorted(folder.glob("*.json")):
        raw = parse_json(decode(path.read_bytes(), path.name, limits), path.name)
        gold = gold_of(raw, path.name)
        if gold is not None:
            read = case_from_mapping(raw, path.name, limits, code_check(reviewer))
            scores.append(score_case(review(read, reviewer), gold))
    if not scores:
        raise InputError(
            folder.name,
            [Problem("路径", "gold_missing", "没有含 gold 块的病例", "指向带 gold 的病例文件夹")],
        )
    return scores


def _show(measured: dict[str, Figure], cases: int, seconds: float, scheme: str) -> None:
    table = Table(title=f"n = {cases} 例，{cases / seconds:.1f} 例/秒，方案 {scheme}")
    table.add_column("指标")
    table.add_column("值", justify="right")
    table.add_column("95% 区间", justify="right")
    for name, figure in measured.items():
        table.add_row(name, f"{figure.value:.3f}", f"{figure.low:.3f}–{figure.high:.3f}")
    Console().print(table)

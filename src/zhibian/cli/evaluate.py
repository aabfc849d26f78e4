"""``zhibian evaluate``: agreement with the gold blocks of case files (编码评测)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from zhibian.cli.common import RulesOption, refuse
from zhibian.evaluation.gold_cases import figures, read_gold, score_case
from zhibian.problems import InputError, Problem
from zhibian.records.case_json import Limits, read_case
from zhibian.review.pipeline import review
from zhibian.review.reviewer import code_check, load_reviewer
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
    limits = Limits(settings.max_document_chars, settings.max_file_bytes)
    files = sorted(path for path in folder.glob("*.json") if read_gold(path) is not None)
    if not files:
        raise refuse(
            [Problem("路径", "gold_missing", "没有含 gold 块的病例", "指向带 gold 的病例文件夹")],
            folder.name,
        )
    try:
        reviewer = load_reviewer(
            rules or settings.rules, scheme or settings.scheme, settings.tariff, None
        )
        scores = []
        started = time.perf_counter()
        for path in files:
            report = review(read_case(path, limits, code_check(reviewer)), reviewer)
            gold = read_gold(path)
            if gold is not None:
                scores.append(score_case(report, gold))
        seconds = time.perf_counter() - started
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    table = Table(
        title=f"n = {len(scores)} 例，{_speed(len(scores), seconds)}，方案 {reviewer.pack.scheme}"
    )
    table.add_column("指标")
    table.add_column("值", justify="right")
    table.add_column("95% 区间", justify="right")
    for name, figure in figures(scores, seed, draws).items():
        table.add_row(name, f"{figure.value:.3f}", f"{figure.low:.3f}–{figure.high:.3f}")
    Console().print(table)


def _speed(cases: int, seconds: float) -> str:
    return f"{cases / seconds:.1f} 例/秒"

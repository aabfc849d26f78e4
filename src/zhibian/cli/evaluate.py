"""``zhibian evaluate``: agreement with the gold blocks of case files (编码评测、筛查评测).

``zhibian evaluate FOLDER`` measures coding; ``screening`` and ``plant`` are commands of their own.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from zhibian.cli.classifier_option import ClassifierOption
from zhibian.cli.common import RulesOption, case_limits, refuse
from zhibian.cli.evaluate_compare import compare_results
from zhibian.cli.evaluate_experiment import experiment
from zhibian.cli.evaluate_report import report
from zhibian.cli.evaluate_run import run_task
from zhibian.cli.evaluate_screening import plant, screening
from zhibian.cli.evaluate_tasks import list_tasks, show_task
from zhibian.cli.evaluate_track import track_results
from zhibian.cli.evaluate_validate import digests, validate
from zhibian.cli.models import ModelsOption, with_models
from zhibian.evaluation.coders.steps import System, systems, whole_system
from zhibian.evaluation.folder_figures import (
    FIGURES,
    by_category,
    figures_of,
    outcomes_of,
    value_of,
)
from zhibian.evaluation.gold_files import Gold, read_gold_cases
from zhibian.evaluation.metrics.calibration import reliability_bins
from zhibian.evaluation.metrics.metric import Estimate
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.problems import InputError
from zhibian.records.case_json import ReadCase
from zhibian.review.reviewer import NO_TARIFF, Reviewer, load_reviewer
from zhibian.settings import Settings

_PER_CATEGORY = ("principal exact", "others F1", "procedures F1", "DRG exact", "must-not families")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one system reached (一个系统的结果)."""

    system: str
    records: Sequence[CodingOutcome]
    seconds: float
    measured: Mapping[str, Estimate]


class _CodesByDefault(TyperGroup):
    """A group whose first argument may be a folder: coding is measured then."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the default command before anything that names none."""
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["codes", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_CodesByDefault,
    help="评测：编码与 gold 的一致性（缺省），或文本筛查；含 95% 自助法区间。",
    no_args_is_help=True,
)
app.command("screening", help="文本筛查：检出埋错的比例、精确率、正确首页的误报。")(screening)
app.command("plant", help="按金标准首页埋错，写出评测用的病例。")(plant)
app.command("run", help="在任务上评测各系统：指标、区间、配对检验。")(run_task)
app.command("compare", help="并列比较几次评测：须同一任务、同一批数据。")(compare_results)
app.command("experiment", help="实验：按 experiment.yaml 逐项运行，写出 results.json。")(experiment)
app.command("list", help="列出评测任务；--datasets 列出登记的数据集。")(list_tasks)
app.command("show", help="一个任务的全部定义、数据来源与使用条款。")(show_task)
app.command("validate", help="核对任务与数据：格式、校验和、指标、系统、重叠。")(validate)
app.command("digests", help="评测问题的摘要（sha256），供核对训练数据是否重叠。")(digests)
app.command("report", help="把评测结果写成一个网页报告（中英文），可离线打开与打印。")(report)
app.command("track", help="把评测结果记入 MLflow 追踪库。")(track_results)


@app.command("codes", help="编码建议与 gold 编码的一致性；evaluate 文件夹 即此命令。")
def evaluate(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    folder: Annotated[Path, typer.Argument(help="含 gold 块的病例文件夹（JSON 或 YAML）。")],
    scheme: Annotated[str | None, typer.Option(help="分组方案。")] = None,
    pattern: Annotated[str, typer.Option(help="只评文件名相符者，如 N*。")] = "*",
    compare: Annotated[
        bool, typer.Option("--compare", help="比较：仅词典、加规则、加链接、全部。")
    ] = False,
    by_mdc: Annotated[bool, typer.Option("--by-mdc", help="另按主要诊断大类列出。")] = False,
    output_format: Annotated[
        Literal["text", "json"], typer.Option("--format", help="屏幕输出格式。")
    ] = "text",
    seed: Annotated[int, typer.Option(help="自助法随机种子。")] = 20250101,
    draws: Annotated[int, typer.Option(min=100, help="自助法重抽次数。")] = 2000,
    models: ModelsOption = "auto",
    classifier: ClassifierOption = None,
    rules: RulesOption = None,
) -> None:
    """Print agreement with gold codes, with n, intervals and cases a second."""
    settings = Settings()
    try:
        where = rules or settings.rules
        reviewer = with_models(
            load_reviewer(where, scheme or settings.scheme, NO_TARIFF, None),
            models,
            where,
            settings,
            classifier,
        )
        cases = read_gold_cases(folder, pattern, case_limits(settings), reviewer)
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    compared = list(systems(reviewer)) if compare else [whole_system(reviewer)]
    outcomes = [_outcome(system, cases, seed, draws) for system in compared]
    if output_format == "json":
        typer.echo(json.dumps(_as_json(outcomes, reviewer), ensure_ascii=False, indent=1))
        return
    console = Console()
    console.print(_table(outcomes, reviewer.pack.scheme))
    if by_mdc:
        console.print(_category_table(outcomes[-1]))
    console.print(_reliability_table(outcomes[-1]))


def _outcome(
    system: System, cases: Sequence[tuple[ReadCase, Gold]], seed: int, draws: int
) -> Outcome:
    started = time.perf_counter()
    records = outcomes_of(system, cases)
    seconds = time.perf_counter() - started
    return Outcome(system.name, records, seconds, figures_of(records, seed=seed, draws=draws))


def _table(outcomes: Sequence[Outcome], scheme: str) -> Table:
    cases = len(outcomes[0].records)
    table = Table(title=f"n = {cases} 例，方案 {scheme}；括号内为 95% 区间")
    table.add_column("指标")
    for outcome in outcomes:
        table.add_column(outcome.system, justify="right")
    for name in FIGURES:
        table.add_row(name, *(_shown(outcome.measured[name]) for outcome in outcomes))
    table.add_row("例/秒", *(f"{cases / outcome.seconds:.1f}" for outcome in outcomes))
    return table


def _shown(figure: Estimate) -> str:
    if math.isnan(figure.value):
        return "—"
    return f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"


def _category_table(outcome: Outcome) -> Table:
    table = Table(title=f"按主要诊断大类（{outcome.system}）")
    table.add_column("MDC")
    table.add_column("n", justify="right")
    for name in _PER_CATEGORY:
        table.add_column(name, justify="right")
    for category, records in by_category(outcome.records).items():
        values = (_value(value_of(name, records)) for name in _PER_CATEGORY)
        table.add_row(category or "?", str(len(records)), *values)
    return table


def _reliability_table(outcome: Outcome) -> Table:
    table = Table(title=f"置信度与实际正确率（{outcome.system}）")
    for column in ("置信度", "n", "平均置信度", "正确率"):
        table.add_column(column, justify="right")
    for row in reliability_bins(outcome.records):
        table.add_row(
            f"{row.low:.1f}–{row.high:.1f}", str(row.n), f"{row.claimed:.3f}", f"{row.right:.3f}"
        )
    return table


def _value(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.3f}"


def _or_none(value: float) -> float | None:
    # JSON knows no NaN.
    return None if math.isnan(value) else value


def _as_json(outcomes: Sequence[Outcome], reviewer: Reviewer) -> dict[str, object]:
    return {
        "scheme": reviewer.pack.scheme,
        "models": list(reviewer.knowledge.voices.versions),
        "n": len(outcomes[0].records),
        "systems": [
            {
                "system": outcome.system,
                "cases_a_second": round(len(outcome.records) / outcome.seconds, 1),
                "figures": {
                    name: {part: _or_none(told) for part, told in asdict(figure).items()}
                    for name, figure in outcome.measured.items()
                },
                "by_mdc": {
                    category: {
                        "n": len(records),
                        **{name: _or_none(value_of(name, records)) for name in _PER_CATEGORY},
                    }
                    for category, records in by_category(outcome.records).items()
                },
                "reliability": [row.model_dump() for row in reliability_bins(outcome.records)],
            }
            for outcome in outcomes
        ],
    }

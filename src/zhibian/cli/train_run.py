"""``zhibian train run`` and ``zhibian train --resume``: configured, resumable training runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from zhibian.cli.common import REFUSED, RulesOption, need_extra, refuse, tell
from zhibian.cli.train_progress import training_bars
from zhibian.problems import InputError
from zhibian.settings import Settings
from zhibian.training.runs.config import Configured, read_config
from zhibian.training.runs.results import Results
from zhibian.training.runs.runner import run as run_training
from zhibian.training.runs.state import CONFIG, RESULTS, unfinished_runs

# As a shell reports a program that Ctrl-C has ended.
_INTERRUPTED = 130


def run(
    config: Annotated[Path, typer.Argument(help="训练配置（YAML），样例见 examples/training。")],
    output: Annotated[Path, typer.Option("--output", help="运行目录：状态、日志、结果、模型。")],
    resume: Annotated[
        bool, typer.Option("--resume", help="目录中有未完成的运行时接着做；没有则新开。")
    ] = False,
    seed: Annotated[
        list[int] | None, typer.Option("--seed", help="代替配置中的种子；可写多次。")
    ] = None,
    rules: RulesOption = None,
) -> None:
    """Train what a configuration says: search, then every seed."""
    try:
        configured = read_config(config, os.environ, seed)
        results = _carry_out(configured, output, rules, resume=resume)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    _tell(results, output)


def resume_runs(folder: Path, rules: Path | None) -> None:
    """Go on with every unfinished run of a folder, each by its stored configuration.

    A run that can't go on is told, and does not keep the others from it.
    """
    try:
        unfinished = unfinished_runs(folder)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    refused = False
    for path in unfinished:
        try:
            configured = read_config(path / CONFIG, {})
            results = _carry_out(configured, path, rules, resume=True)
        except InputError as error:
            tell(error.problems, path.name)
            refused = True
            continue
        _tell(results, path)
    if refused:
        raise typer.Exit(REFUSED)
    if not unfinished:
        typer.echo(f"{folder} 中的训练都已完成")


def _carry_out(
    configured: Configured, folder: Path, rules: Path | None, *, resume: bool
) -> Results:
    if configured.kind.needs:
        need_extra(*configured.kind.needs)
    settings = Settings()
    if rules is not None:
        settings = settings.model_copy(update={"rules": rules})
    try:
        with training_bars() as bars:
            return run_training(configured, folder, settings, bars, resume=resume)
    except KeyboardInterrupt:
        typer.echo(f"已中断；继续：zhibian train --resume {folder}", err=True)
        raise typer.Exit(_INTERRUPTED) from None


def _tell(results: Results, folder: Path) -> None:
    if results.best_trial is not None:
        typer.echo(f"采用试验 {results.best_trial}/{len(results.trials)} 的参数")
    for name, spread in results.over_seeds.items():
        if spread is None:
            typer.echo(f"{name}：有种子没有得到数值")
            continue
        sd = "" if spread.sd is None else f"，标准差 {spread.sd:.4f}（{spread.n} 个种子）"
        typer.echo(f"{name}：{spread.mean:.4f}{sd}")
    typer.echo(f"以上为调参部分的数值，不是测试结果；已写出 {folder / RESULTS}")

"""Where a run stands (运行状态): written after every step, so that it can go on from there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_text, read_yaml, write_yaml
from zhibian.training.runs.spec import RunSpec, Strict

STATE, CONFIG, RESULTS, LOG = "state.json", "config.yaml", "results.json", "run.log"
_FORMAT: Literal["zhibian-training-state/1"] = "zhibian-training-state/1"
_NEW_FOLDER = "换一个写出目录重新开始；或恢复原来的配置与数据再继续"
_MISSING = object()


class Measured(Strict):
    """One training that has ended (一次训练)."""

    parameters: dict[str, Any] = Field(description="Its settings 参数")
    seed: int = Field(description="Its seed 种子")
    metrics: dict[str, float | None] = Field(
        description="On the tune part; null where it is not a number 调参部分的指标"
    )
    seconds: float = Field(description="Wall-clock time, all sittings together 用时（秒）")
    processor_seconds: float = Field(
        description="Time that processors worked, all sittings together 处理器用时（秒）"
    )
    epochs: int | None = Field(description="Passes; null where there are none 轮数")
    best_epoch: int | None = Field(description="Pass whose weights were kept 采用第几轮")
    stopped_early: bool = Field(description="Whether it ended before the most passes 提前停止")


class Unfinished(Strict):
    """The training that is under way (进行中的训练)."""

    part: str = Field(description="Such as trial-2 or seed-1")
    epochs: int = Field(description="Passes done 已完成的轮数")
    seconds: float = Field(description="Time spent so far 已用时（秒）")
    processor_seconds: float = Field(description="Of processors 处理器已用时（秒）")


class RunState(Strict):
    """Where a run stands (运行状态)."""

    format: Literal["zhibian-training-state/1"] = _FORMAT
    status: Literal["running", "finished"] = "running"
    sources: dict[str, str] = Field(description="sha256 of what is learned from 数据校验和")
    versions: list[dict[str, str]] = Field(
        description="Versions of program and packages; several where they changed 版本"
    )
    trials: list[Measured] = Field(default_factory=list, description="Trials done 已完成的试验")
    best_trial: int | None = Field(
        default=None, description="The best so far, counted from 1 目前最好的试验"
    )
    seeds: list[Measured] = Field(default_factory=list, description="Seeds done 已完成的种子")
    unfinished: Unfinished | None = None


def write_whole(path: Path, text: str) -> None:
    """Write a file beside and move it into place: a stop leaves the old one or the new one."""
    scratch = path.with_name(f"{path.name}.writing")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)


def write_state(state: RunState, folder: Path) -> None:
    """Write the state of a run."""
    write_whole(folder / STATE, f"{state.model_dump_json(indent=1)}\n")


def read_state(folder: Path) -> RunState:
    """Read the state of a run.

    Raises
    ------
    InputError
        The file is absent or damaged.
    """
    try:
        return RunState.model_validate_json(read_text(folder / STATE, _NEW_FOLDER))
    except ValidationError:
        problem = Problem(STATE, "state_damaged", "运行状态不能读取", _NEW_FOLDER)
        raise InputError(folder.name, [problem]) from None


def write_config(spec: RunSpec, folder: Path) -> None:
    """Write the configuration as resolved."""
    scratch = folder / f"{CONFIG}.writing"
    write_yaml(scratch, spec.model_dump(mode="json"), "由 zhibian train run 写出的完整配置，勿手改")
    scratch.replace(folder / CONFIG)


def refuse_changes(spec: RunSpec, sources: Mapping[str, str], folder: Path) -> RunState:
    """Return the state of a run that may go on.

    Where the data lie may change; what they are may not.

    Parameters
    ----------
    spec
        The configuration as it is now.
    sources
        sha256 of the data as they are now.
    folder
        The run's folder.

    Raises
    ------
    InputError
        Configuration or data are others than those that the run began with; each key is told.
    """
    state = read_state(folder)
    before = _flat(read_yaml(folder / CONFIG, _NEW_FOLDER))
    now = _flat(spec.model_dump(mode="json"))
    keys = [key for key in {**before, **now} if key.partition(".")[0] != "data"]
    problems = [
        Problem(key, "config_changed", _change(before, now, key), _NEW_FOLDER)
        for key in keys
        if before.get(key, _MISSING) != now.get(key, _MISSING)
    ]
    problems += [
        Problem(f"data：{name}", "data_changed", "数据与开始时不同（校验和不符）", _NEW_FOLDER)
        for name in {**state.sources, **sources}
        if state.sources.get(name) != sources.get(name)
    ]
    if problems:
        raise InputError(folder.name, problems)
    return state


def unfinished_runs(folder: Path) -> list[Path]:
    """Return the folders of runs that have not ended: this one, or those in it, by name."""
    folders = [folder, *sorted(path for path in folder.glob("*") if path.is_dir())]
    runs = [path for path in folders if (path / STATE).is_file()]
    if not runs:
        remedy = "给出 zhibian train run 的写出目录，或含有这些目录的文件夹"
        problem = Problem("--resume", "run_missing", "这里没有训练运行", remedy)
        raise InputError(folder.name, [problem])
    return [path for path in runs if read_state(path).status != "finished"]


def _flat(raw: Any, where: str = "") -> dict[str, Any]:
    if isinstance(raw, dict) and raw:
        found: dict[str, Any] = {}
        for key, value in raw.items():
            found |= _flat(value, f"{where}.{key}".lstrip("."))
        return found
    return {where: raw}


def _change(before: Mapping[str, Any], now: Mapping[str, Any], key: str) -> str:
    def shown(given: Mapping[str, Any]) -> str:
        return json.dumps(given[key], ensure_ascii=False) if key in given else "没有"

    return f"与开始时不同：原为 {shown(before)}，现为 {shown(now)}"

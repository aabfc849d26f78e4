"""Read the configuration of a training run (读取训练配置)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_yaml
from zhibian.training.runs.checking import check, unknown_key
from zhibian.training.runs.kinds import Kind, kind_of
from zhibian.training.runs.search import grid_size, trials_of
from zhibian.training.runs.spec import RunSpec, SearchSpec

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_REMEDY = "训练配置是 YAML 文件；样例在 examples/training"


@dataclass(frozen=True, slots=True)
class Configured:
    """A configuration that was checked (已核对的配置).

    Attributes
    ----------
    spec
        The run, with every default written out.
    kind
        What is trained.
    data
        Its data paths.
    parameters
        Its settings.
    trials
        Settings of every trial of the search, in order; none without a search.
    """

    spec: RunSpec
    kind: Kind
    data: BaseModel
    parameters: BaseModel
    trials: tuple[BaseModel, ...]


def read_config(
    path: Path, environ: Mapping[str, str], seeds: Sequence[int] | None = None
) -> Configured:
    """Read and check the configuration of a run.

    Parameters
    ----------
    path
        The YAML file; paths in it are relative to its folder.
    environ
        Where ``${NAME}`` is looked up.
    seeds
        Seeds in place of those of the file.

    Raises
    ------
    InputError
        Something is wrong with it: every problem is told.
    """
    problems: list[Problem] = []
    raw = _expanded(read_yaml(path, _REMEDY), environ, "", problems)
    if seeds:
        raw["seeds"] = list(seeds)
    try:
        kind = kind_of(str(raw["kind"])) if "kind" in raw else None
    except InputError as unknown:
        problems += unknown.problems
        kind = None
    # The search is read by itself, so that what is wrong elsewhere does not hide its problems.
    searching = raw.pop("search", None)
    spec, more = check(RunSpec, raw, "")
    problems += more
    if kind is None:
        raise InputError(path.name, problems)
    search, more = _search(searching, kind)
    problems += more
    # A missing block is told once, not once a key.
    data, more = check(kind.data, raw["data"], "data") if "data" in raw else (None, [])
    problems += more
    parameters, more = check(kind.parameters, raw.get("parameters", {}), "parameters")
    problems += more
    if data is not None:
        data = _rooted(data, path.parent)
        problems += _absent(data)
    if spec is not None:
        problems += _seed_problems(spec, kind)
    trials: tuple[BaseModel, ...] = ()
    if search is not None and parameters is not None:
        trials, more = _trials(search, kind, parameters)
        problems += more
    if problems or spec is None or data is None or parameters is None:
        raise InputError(path.name, problems)
    resolved = spec.model_copy(
        update={
            "name": spec.name or f"{kind.name}-1",
            "data": data.model_dump(mode="json"),
            "parameters": parameters.model_dump(mode="json"),
            "search": search,
        }
    )
    return Configured(resolved, kind, data, parameters, trials)


def _expanded(raw: Any, environ: Mapping[str, str], where: str, problems: list[Problem]) -> Any:
    """Put variables in; note those that are not set."""
    if isinstance(raw, dict):
        return {
            key: _expanded(one, environ, f"{where}.{key}".lstrip("."), problems)
            for key, one in raw.items()
        }
    if isinstance(raw, list):
        return [_expanded(one, environ, where, problems) for one in raw]
    if not isinstance(raw, str):
        return raw
    for name in _VARIABLE.findall(raw):
        if not environ.get(name):
            message = f"环境变量 {name} 没有设置"
            remedy = f"先设置：export {name}=目录，或在配置中写出路径"
            problems.append(Problem(where, "variable_unset", message, remedy))
    return _VARIABLE.sub(lambda found: environ.get(found[1], found[0]), raw)


def _search(raw: Any, kind: Kind) -> tuple[SearchSpec | None, list[Problem]]:
    """Read the search, with the usual metric and the direction that belongs to the metric."""
    if raw is None:
        return None, []
    problems: list[Problem] = []
    if isinstance(raw, dict):
        metric = raw.setdefault("metric", next(iter(kind.metrics)))
        if metric in kind.metrics:
            raw.setdefault("direction", kind.metrics[metric])
        else:
            raw.setdefault("direction", "maximize")
            problems.append(unknown_key(str(metric), kind.metrics, "search.metric"))
        known = kind.parameters.model_fields
        values = raw.get("values")
        unknown = [name for name in values if name not in known] if isinstance(values, dict) else []
        problems += [unknown_key(str(name), known, "search.values") for name in unknown]
    search, more = check(SearchSpec, raw, "search")
    if search is not None and search.method == "grid" and search.budget is not None:
        size = grid_size(search)
        if size > search.budget:
            message = f"网格共 {size} 组，多于 budget {search.budget}"
            remedy = "减少取值、提高 budget，或改用 method: random"
            more.append(Problem("search.budget", "budget_exceeded", message, remedy))
    return (None if problems else search), [*problems, *more]


def _rooted(data: BaseModel, root: Path) -> BaseModel:
    def under(value: Any) -> Any:
        if isinstance(value, Path):
            return (root / value.expanduser()).resolve()
        return tuple(map(under, value)) if isinstance(value, tuple) else value

    return data.model_copy(update={name: under(value) for name, value in data})


def _absent(data: BaseModel) -> list[Problem]:
    found = []
    for name, value in data:
        paths = value if isinstance(value, tuple) else (value,)
        # A variable that is not set has been told already.
        named = (p for p in paths if isinstance(p, Path) and not _VARIABLE.search(str(p)))
        for path in (p for p in named if not p.exists()):
            message = f"路径不存在：{path}"
            found.append(Problem(f"data.{name}", "path_missing", message, "核对路径或环境变量"))
    return found


def _seed_problems(spec: RunSpec, kind: Kind) -> list[Problem]:
    if kind.seeded or len(spec.seeds) == 1:
        return []
    message = f"{kind.title}的训练没有随机部分，每个种子的结果都相同"
    return [Problem("seeds", "seeds_useless", message, "只写一个种子")]


def _trials(
    search: SearchSpec, kind: Kind, parameters: BaseModel
) -> tuple[tuple[BaseModel, ...], list[Problem]]:
    problems: list[Problem] = []
    found: list[BaseModel] = []
    for changes in trials_of(search):
        raw = {**parameters.model_dump(mode="json"), **changes}
        one, more = check(kind.parameters, raw, "search.values")
        # One wrong value stands in many trials.
        problems += [problem for problem in more if problem not in problems]
        if one is not None:
            found.append(one)
    return tuple(found), problems

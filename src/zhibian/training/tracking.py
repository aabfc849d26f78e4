"""Experiment tracking (实验追踪): a finished result as MLflow runs, in a store that is a file.

``results.json`` is the result; what stands here is a copy of it for those who compare many runs
in MLflow. One run a task, one nested run a system: figures with both bounds as metrics, settings
and versions as parameters and tags, ``results.json``, the report and the plots as artefacts.
Nothing is read from the environment of MLflow and no server is needed: the store is an explicit
sqlite file with the artefacts beside it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhibian.evaluation.results import FigureOut, Results, SystemOut
from zhibian.problems import InputError, Problem

if TYPE_CHECKING:
    from mlflow import MlflowClient

DATABASE, ARTEFACTS = "mlflow.db", "mlartifacts"
RESULTS_FILE = "results.json"
# What MLflow allows in the name of a metric; precision@5 becomes precision_at_5.
_NOT_IN_NAMES = re.compile(r"[^\w\-. /:]")
_LONGEST_PARAMETER = 6000
_METRICS_A_BATCH, _PARAMETERS_A_BATCH = 1000, 100


@dataclass(frozen=True, slots=True)
class Tracked:
    """Where a result was filed (追踪记录): store, run of the task, runs of the systems."""

    uri: str
    run: str
    systems: Mapping[str, str]


def store_uri(folder: Path) -> str:
    """Return the sqlite URI of the store in a folder."""
    return f"sqlite:///{(folder / DATABASE).resolve()}"


def metric_name(name: str, bound: str | None = None) -> str:
    """Return a name as MLflow takes it, for a figure or for a bound of its interval."""
    plain = _NOT_IN_NAMES.sub("_", name.replace("@", "_at_"))
    return plain if bound is None else f"{plain}.{bound}"


def track(results: Results, folder: Path, artefacts: Sequence[Path] = ()) -> Tracked:
    """File a result in the store of a folder; made there when absent.

    Parameters
    ----------
    results
        What ``results.json`` holds.
    folder
        Holds ``mlflow.db`` and the artefacts.
    artefacts
        Files that stand beside the result, such as the report.

    Returns
    -------
    Tracked
        Ids of the runs, for ``mlflow ui --backend-store-uri``.

    Raises
    ------
    InputError
        The extra ``tracking`` is not installed, or the store can't be opened or was written by
        another version of MLflow.
    """
    folder.mkdir(parents=True, exist_ok=True)
    client = _client(folder)
    # Drawn with matplotlib, which MLflow brings.
    from zhibian.evaluation.report.run_plots import system_plots, task_plots  # noqa: PLC0415

    experiment = _experiment(client, results.task.id, folder)
    start = int(datetime.fromisoformat(results.run.created).timestamp() * 1000)
    top = _run(client, experiment, results.task.id, start, _task_tags(results))
    parent: str = top.info.run_id
    _log_metrics(client, parent, differences_of(results), start)
    client.log_text(parent, results.model_dump_json(indent=1) + "\n", RESULTS_FILE)
    for path in artefacts:
        client.log_artifact(parent, str(path))
    _log_plots(client, parent, task_plots(results))
    systems = {}
    for system in results.systems:
        tags = {"mlflow.parentRunId": parent, **_system_tags(system)}
        child: str = _run(client, experiment, system.name, start, tags).info.run_id
        _log_metrics(client, child, figures_of(system), start)
        _log_parameters(client, child, {**system.parameters, "seed": system.seed})
        _log_plots(client, child, system_plots(system))
        client.set_terminated(child)
        systems[system.name] = child
    client.set_terminated(parent)
    return Tracked(store_uri(folder), parent, systems)


def figures_of(system: SystemOut) -> dict[str, float]:
    """Return what is filed of a system as metrics; a figure over nothing is left out."""
    found = {
        metric_name(name, bound): value
        for name, figure in system.figures.items()
        for bound, value in _bounds(figure)
        if value is not None
    }
    for name, spread in system.spread.items():
        for part, value in (("mean", spread.mean), ("sd", spread.sd)):
            if value is not None:
                found[metric_name(name, f"over_seeds.{part}")] = value
    found["time.code_seconds"] = system.code_seconds
    if system.learn_seconds is not None:
        found["time.learn_seconds"] = system.learn_seconds
    return found


def differences_of(results: Results) -> dict[str, float]:
    """Return the paired comparisons as metrics of the task's run: difference, bounds, p."""
    return {
        metric_name(f"difference/{row.metric}/{row.ours}/{row.other}/{part}"): value
        for row in results.comparisons
        for part, value in (
            ("value", row.difference),
            ("low", row.low),
            ("high", row.high),
            ("p", row.p),
        )
        if value is not None
    }


def _bounds(figure: FigureOut) -> Iterator[tuple[str | None, float | None]]:
    yield None, figure.value
    yield "low", figure.low
    yield "high", figure.high


def _client(folder: Path) -> MlflowClient:
    # Read when MLflow is imported: a hospital's intranet must see no call to the outside.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    try:
        from mlflow import MlflowClient  # noqa: PLC0415
        from mlflow.exceptions import MlflowException  # noqa: PLC0415
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415
    except ImportError:
        remedy = "安装 zhibian[tracking]；结果本身在 results.json，不依赖 mlflow"
        problem = Problem("--track", "extra_missing", "没有安装 mlflow", remedy)
        raise InputError("tracking", [problem]) from None
    try:
        client = MlflowClient(tracking_uri=store_uri(folder), registry_uri=store_uri(folder))
        client.search_experiments(max_results=1)
    except (MlflowException, SQLAlchemyError):
        message = f"不能打开 {DATABASE}：文件已损坏，或由另一版本的 mlflow 写成"
        problem = Problem("--track", "store_unreadable", message, "换一个文件夹，或移走该文件")
        raise InputError(folder.name, [problem]) from None
    return client


def _experiment(client: MlflowClient, name: str, folder: Path) -> str:
    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    place = (folder / ARTEFACTS / name).resolve()
    return str(client.create_experiment(name, artifact_location=place.as_uri()))


def _run(
    client: MlflowClient, experiment: str, name: str, start: int, tags: Mapping[str, str]
) -> Any:
    plain = {metric_name(key): value for key, value in tags.items()}
    return client.create_run(experiment, start_time=start, tags=plain, run_name=name)


def _task_tags(results: Results) -> dict[str, str]:
    task, run = results.task, results.run
    return {
        "task": task.id,
        "task.version": str(task.version),
        "data": f"{task.test.dataset}/{task.test.split}",
        "data.checksum": task.test.checksum,
        "data.n": str(task.test.n),
        "seed": str(run.seed),
        "draws": str(run.draws),
        "hardware.cpu": run.hardware.cpu,
        "hardware.cores": str(run.hardware.cores),
        **{f"version.{name}": version for name, version in run.versions.items()},
    }


def _system_tags(system: SystemOut) -> dict[str, str]:
    return {
        "title": system.title,
        "n": str(system.n),
        "records": str(system.records),
        **{f"version.{name}": version for name, version in system.versions.items()},
    }


def _log_metrics(client: MlflowClient, run: str, figures: Mapping[str, float], start: int) -> None:
    from mlflow.entities import Metric  # noqa: PLC0415

    metrics = [Metric(name, value, start, 0) for name, value in figures.items()]
    for place in range(0, len(metrics), _METRICS_A_BATCH):
        client.log_batch(run, metrics=metrics[place : place + _METRICS_A_BATCH])


def _log_parameters(client: MlflowClient, run: str, settings: Mapping[str, Any]) -> None:
    from mlflow.entities import Param  # noqa: PLC0415

    parameters = [Param(metric_name(name), _told(value)) for name, value in settings.items()]
    for place in range(0, len(parameters), _PARAMETERS_A_BATCH):
        client.log_batch(run, params=parameters[place : place + _PARAMETERS_A_BATCH])


def _log_plots(client: MlflowClient, run: str, plots: Mapping[str, Any]) -> None:
    for name, figure in plots.items():
        client.log_figure(run, figure, f"plots/{metric_name(name)}.svg")


def _told(value: Any) -> str:
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return told[:_LONGEST_PARAMETER]

"""A finished result filed in MLflow (实验追踪): the same content, in a store that is a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from zhibian.evaluation.results import (
    ComparisonOut,
    FigureOut,
    HardwareOut,
    MetricOut,
    Results,
    RunOut,
    SplitOut,
    SystemOut,
    TaskOut,
)
from zhibian.problems import InputError
from zhibian.training.tracking import (
    DATABASE,
    RESULTS_FILE,
    figures_of,
    metric_name,
    store_uri,
    track,
)

mlflow = pytest.importorskip("mlflow", reason="needs the extra 'tracking'")

FIGURES = {
    "principal.exact": FigureOut(value=0.75, low=0.5, high=1.0),
    "ranking.diagnoses.precision@5": FigureOut(value=0.4, low=0.3, high=0.5),
    "payment.cmi": FigureOut(value=None, low=None, high=None),
}


def results() -> Results:
    split = SplitOut(dataset="invented", split="all", n=4, checksum="0" * 64, held_out=False)
    system = SystemOut(
        name="dictionary",
        title="仅词典",
        learns=False,
        versions={"chs-drg-1.1@published": "1"},
        parameters={"k": 3, "without": ["linker"]},
        seed=7,
        n=4,
        records=4,
        learn_seconds=None,
        code_seconds=0.5,
        figures=FIGURES,
    )
    return Results(
        task=TaskOut(
            id="gold-invented",
            version=1,
            kind="coding",
            title="虚构病历",
            question="编码是否正确",
            folds=None,
            code_set="nhsa-2.0",
            scheme="chs-drg-1.1",
            tariff=None,
            citation="none",
            terms="none",
            invented=True,
            test=split,
        ),
        run=RunOut(
            command="zhibian evaluate run gold-invented",
            created="2026-01-02T03:04:05+00:00",
            seed=7,
            draws=100,
            hardware=HardwareOut(
                cpu="x", cores=2, memory_gib=4.0, accelerator=None, python="3.11", platform="Linux"
            ),
            versions={"zhibian": "0"},
        ),
        metrics={name: MetricOut(title="指标", unit="share", better="higher") for name in FIGURES},
        systems=(system, system.model_copy(update={"name": "pipeline"})),
        comparisons=(
            ComparisonOut(
                metric="ranking.diagnoses.precision@5",
                ours="pipeline",
                other="dictionary",
                difference=0.0,
                low=-0.1,
                high=0.1,
                p=1.0,
            ),
        ),
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    report = folder / "report.html"
    report.write_text("<p>报告</p>", encoding="utf-8")
    track(results(), folder, [report])
    track(results(), folder, [report])
    return folder


def runs(folder: Path) -> list[Any]:
    client = mlflow.MlflowClient(tracking_uri=store_uri(folder))
    experiment = client.get_experiment_by_name("gold-invented")
    return list(client.search_runs([experiment.experiment_id]))


def test_every_figure_and_bound_of_the_result_stands_in_the_run_of_its_system(store: Path) -> None:
    filed = [run for run in runs(store) if run.info.run_name == "dictionary"]
    assert len(filed) == 2
    metrics = filed[0].data.metrics
    expected = {
        metric_name(name, bound): getattr(figure, bound or "value")
        for name, figure in FIGURES.items()
        for bound in (None, "low", "high")
        if figure.value is not None
    }
    assert metrics == {**expected, "time.code_seconds": 0.5}
    assert figures_of(results().systems[0]) == metrics


def test_settings_versions_and_comparisons_are_filed(store: Path) -> None:
    by_name = {run.info.run_name: run for run in runs(store)}
    system, task = by_name["pipeline"], by_name["gold-invented"]
    assert system.data.params == {"k": "3", "without": '["linker"]', "seed": "7"}
    assert system.data.tags["version.chs-drg-1.1_at_published"] == "1"
    assert task.data.tags["data.checksum"] == "0" * 64
    name = "difference/ranking.diagnoses.precision_at_5/pipeline/dictionary/p"
    assert task.data.metrics[name] == 1.0
    assert system.data.tags["mlflow.parentRunId"] in {r.info.run_id for r in runs(store)}


def test_the_result_and_the_report_lie_beside_as_plain_files(store: Path) -> None:
    kept = sorted(path.name for path in (store / "mlartifacts").rglob("*") if path.is_file())
    once = [RESULTS_FILE, "report.html", "forest.ranking.diagnoses.precision_at_5.svg"]
    assert kept == sorted(once * 2)
    plot = next((store / "mlartifacts").rglob("*.svg")).read_text(encoding="utf-8")
    assert "dictionary" in plot
    assert "pipeline" in plot
    one = next((store / "mlartifacts").rglob(RESULTS_FILE))
    assert Results.model_validate_json(one.read_text(encoding="utf-8")) == results()


def test_nothing_is_told_to_the_outside_and_no_global_store_is_set(store: Path) -> None:
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert (store / DATABASE).is_file()
    assert not Path("mlruns").exists()


def test_a_damaged_store_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"not a database at all" * 100)
    with pytest.raises(InputError) as refused:
        track(results(), tmp_path)
    assert [problem.code for problem in refused.value.problems] == ["store_unreadable"]
    assert (tmp_path / DATABASE).read_bytes().startswith(b"not a database")

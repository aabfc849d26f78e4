"""``zhibian evaluate run``, ``compare``, ``experiment`` on three invented records, end to end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from zhibian.cli import evaluate_data, evaluate_run, evaluation_resources
from zhibian.cli.main import app
from zhibian.cli.schema import json_schema
from zhibian.evaluation.data.registry import load_datasets
from zhibian.evaluation.tasks.spec import SplitSpec
from zhibian.review.reviewer import Reviewer

ROOT = Path(__file__).resolve().parents[3]
RECORDS = ("H01.json", "N01.yaml", "R01.yaml")
TASK = """\
format: zhibian-task/1
id: three
version: 1
kind: coding
title: 三份虚构病历
question: 编什么码
dataset: records
protocol: {test: development}
scheme: chs-drg-1.1
tariff: linyi-2022
metrics: [principal.exact, others.micro_f1, "group.*", "payment.*"]
strata: [mdc]
systems: [dictionary, rules]
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", *arguments])


@pytest.fixture(autouse=True)
def _three_records(tmp_path: Path, reviewer: Reviewer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three records in a folder, a task on them, and the rules that are loaded already."""
    folder = tmp_path / "records"
    folder.mkdir()
    for name in RECORDS:
        shutil.copy(ROOT / "tests" / "cases" / "records" / name, folder)
    (tmp_path / "three.yaml").write_text(TASK, "utf-8")
    monkeypatch.setenv("ZHIBIAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(evaluation_resources, "load_reviewer", lambda *_: reviewer)
    records = load_datasets()["records"]
    three = records.model_copy(
        update={"splits": {"development": SplitSpec(title="三", files=RECORDS)}}
    )
    monkeypatch.setattr(evaluate_data, "load_datasets", lambda *_: {"records": three})


def run(tmp_path: Path, *more: str) -> Result:
    return call(
        "run", str(tmp_path / "three.yaml"), "--data", f"records={tmp_path / 'records'}",
        "--models", "off", "--draws", "100", *more,
    )  # fmt: skip


def test_a_run_from_the_command_to_its_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(tmp_path, "--output", str(out), "--outcomes", "--reference", "rules")
    assert done.exit_code == 0, done.stderr
    assert "三份虚构病历" in done.stdout
    assert "使用条款" in done.stderr
    told = json.loads((out / "results.json").read_text("utf-8"))
    assert list(Draft202012Validator(json_schema("results")).iter_errors(told)) == []
    assert [(s["name"], s["n"]) for s in told["systems"]] == [("dictionary", 3), ("rules", 3)]
    assert {(c["ours"], c["other"]) for c in told["comparisons"]} == {("dictionary", "rules")}
    assert str(tmp_path) not in json.dumps(told)
    assert "<html" in (out / "report.html").read_text("utf-8")
    assert len((out / "outcomes.jsonl").read_text("utf-8").splitlines()) == 6
    assert not list((tmp_path / "cache").rglob("*.jsonl"))


def test_outcomes_hold_no_word_of_a_record(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(tmp_path, "--output", str(out), "--outcomes", "--system", "rules")
    # Departments are the only Chinese in it.
    told = (out / "outcomes.jsonl").read_text("utf-8")
    for line in told.splitlines():
        outcome = json.loads(line)["outcome"]
        outcome.pop("department")
        assert json.dumps(outcome, ensure_ascii=False).isascii()


def test_json_on_the_screen_is_the_result(tmp_path: Path) -> None:
    done = run(tmp_path, "--format", "json", "--limit", "2", "--system", "dictionary")
    told = json.loads(done.stdout)
    assert (told["run"]["limit"], told["systems"][0]["n"]) == (2, 2)


def test_a_system_that_fails_makes_the_exit_code_one(tmp_path: Path) -> None:
    (tmp_path / "answers.jsonl").write_text("{", "utf-8")
    done = run(tmp_path, "--system", "rules", "--answers", f"rival={tmp_path / 'answers.jsonl'}")
    assert done.exit_code == 1
    assert "未完成：rival" in done.stdout


def test_what_cannot_be_run_is_refused(tmp_path: Path) -> None:
    for more, word in (
        (("--system", "nobody"), "没有系统 nobody"),
        (("--outcomes",), "--output"),
        (("--seeds", "a"), "整数"),
        (("--reference", "nobody"), "nobody"),
        (("--answers", f"rival={tmp_path / 'absent.jsonl'}"), "没有这个文件"),
    ):
        done = run(tmp_path, *more)
        assert done.exit_code == 2
        assert word in done.stderr


def test_places_that_cannot_be_written_are_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate_run, "run", lambda *_: pytest.fail("systems were run"))
    answers = tmp_path / "out" / "outcomes.jsonl"
    answers.parent.mkdir()
    answers.write_text("{}", "utf-8")
    for more, word in (
        (("--output", str(tmp_path / "three.yaml")), "须为文件夹"),
        (("--output", str(tmp_path / "three.yaml" / "out")), "不能建立"),
        (("--output", str(tmp_path / "records")), "被当作输入"),
        (("--track", str(tmp_path / "three.yaml")), "须为文件夹"),
        (("--output", str(answers.parent), "--answers", f"rival={answers}"), "输入会被覆盖"),
    ):
        done = run(tmp_path, *more)
        assert done.exit_code == 2
        assert word in done.stderr
    assert answers.read_text("utf-8") == "{}"


def test_outcomes_of_an_earlier_run_do_not_stay_beside_other_results(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(tmp_path, "--system", "rules", "--output", str(out), "--outcomes")
    run(tmp_path, "--system", "rules", "--output", str(out))
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "results.json"]


def test_runs_are_compared_record_by_record(tmp_path: Path) -> None:
    for name in ("dictionary", "rules"):
        run(tmp_path, "--system", name, "--output", str(tmp_path / name), "--outcomes")
    both = [str(tmp_path / "dictionary"), str(tmp_path / "rules" / "results.json")]
    done = call("compare", *both, "--format", "json")
    assert done.exit_code == 0, done.stderr
    rows = json.loads(done.stdout)["comparisons"]
    assert {row["metric"] for row in rows} == {"principal.exact"}
    assert all(row["p"] is not None for row in rows)
    assert "配对置换检验" in call("compare", *both).stdout
    (tmp_path / "rules" / "outcomes.jsonl").unlink()
    assert "未做配对检验" in call("compare", *both).stdout
    assert call("compare", both[0]).exit_code == 2


def experiment_in(tmp_path: Path, *readme: str) -> Path:
    folder = tmp_path / "experiment"
    folder.mkdir()
    (folder / "experiment.yaml").write_text(
        "title: 试验\nquestion: 规则有用吗\nruns:\n"
        "- {name: both, task: three, draws: 100,\n"
        "   systems: [dictionary, {system: rules, name: r}]}\n",
        "utf-8",
    )
    (folder / "README.md").write_text("\n".join(readme), "utf-8")
    return folder


def test_an_experiment_writes_its_results_and_the_figures_of_its_readme(tmp_path: Path) -> None:
    folder = experiment_in(
        tmp_path, "<!-- figures both | exact = principal.exact -->", "<!-- end -->"
    )
    done = call(
        "experiment", str(folder), "--tasks", str(tasks_folder(tmp_path)),
        "--data", f"records={tmp_path / 'records'}", "--models", "off", "--skip-missing",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    told = json.loads((folder / "results.json").read_text("utf-8"))
    assert list(Draft202012Validator(json_schema("experiment")).iter_errors(told)) == []
    (only,) = told["runs"]
    assert [s["name"] for s in only["results"][0]["results"]["systems"]] == ["dictionary", "r"]
    written = (folder / "README.md").read_text("utf-8")
    assert "\n| dictionary | " in written
    (folder / "README.md").write_text(
        written.replace("| dictionary | ", "| dictionary | 9"), "utf-8"
    )
    again = call("experiment", "--tables", str(folder))
    assert again.exit_code == 0
    assert (folder / "README.md").read_text("utf-8") == written


def test_an_experiment_without_its_data_is_named_and_skipped_when_asked(tmp_path: Path) -> None:
    folder = experiment_in(tmp_path)
    absent = (
        "experiment", str(folder), "--tasks", str(tasks_folder(tmp_path)),
        "--data", f"records={tmp_path / 'nowhere'}", "--models", "off",
    )  # fmt: skip
    skipped = call(*absent, "--skip-missing")
    assert skipped.exit_code == 0
    assert "跳过 experiment：没有数据集 records（ZHIBIAN_DATA_RECORDS）" in skipped.stderr
    assert not (folder / "results.json").exists()
    assert call(*absent).exit_code == 2


def tasks_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tasks"
    folder.mkdir()
    shutil.copy(tmp_path / "three.yaml", folder)
    return folder

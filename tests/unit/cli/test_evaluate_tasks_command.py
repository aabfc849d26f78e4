"""Tasks and data sets are listed, shown and checked on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.evaluation.data.invented_sets import case, dataset, task, write_json, write_terms
from typer.testing import CliRunner, Result

from zhibian.cli.main import app
from zhibian.evaluation.data.digests import digest_of_text

SPLITS = {
    part: {"files": ["train.json"], "rule": "hash-aside:invented-1:1/4", "part": part}
    for part in ("fit", "tune", "aside")
}


@pytest.fixture(autouse=True)
def without_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No research data, whatever this machine has."""
    for name in ("ZHIBIAN_DATA", "ZHIBIAN_TASKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with one task over one registered data set, and its data beside them."""
    folder = tmp_path / "own"
    (folder / "datasets").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    write_terms(tmp_path / "data")
    spec = dataset("diagnosis-terms", SPLITS)
    write(folder / "datasets" / "invented.yaml", spec)
    protocol = {"test": "aside", "fit": ["fit"], "tune": ["tune"]}
    write(folder / "invented-task.yaml", task("linking", protocol, ["linking.micro_f1"]))
    return folder


def write(path: Path, definition: Any) -> None:
    content = definition.model_dump(mode="json", exclude_defaults=True)
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8")


def evaluate(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", *arguments])


def of(own: Path) -> list[str]:
    return ["--tasks", str(own), "--data", f"invented={own.parent / 'data'}"]


def test_tasks_are_listed_with_what_is_at_hand(own: Path) -> None:
    rows = json.loads(evaluate("list", "--format", "json", *of(own)).stdout)
    listed = {row["task"]: row for row in rows}
    assert listed["invented-task"]["present"]
    assert listed["gold-held-out"]["held_out"]
    assert not listed["linking-chip-cdn"]["present"]
    assert listed["linking-chip-cdn"]["n"] == 980
    shown = evaluate("list").stdout
    assert "linking-chip-cdn（第 1 版）" in shown
    assert "数据不在本机（ZHIBIAN_DATA_CHIP_CDN）" in shown


def test_data_sets_are_listed_with_citation_and_terms() -> None:
    rows = json.loads(evaluate("list", "--datasets", "--format", "json").stdout)
    listed = {row["dataset"]: row for row in rows}
    assert listed["chip-cdn"]["splits"]["test"] is None
    assert "CBLUE" in listed["chip-cdn"]["citation"]
    assert listed["chip-cdn"]["terms"] in evaluate("list", "--datasets").stdout


def test_a_task_is_shown_with_its_data_set_and_what_was_seen_of_it() -> None:
    shown = evaluate("show", "entities-cehrner").stdout
    assert "读过一次" in shown
    assert "arXiv:2008.10813" in shown
    told = json.loads(evaluate("show", "entities-cehrner", "--format", "json").stdout)
    assert (told["task"]["id"], told["dataset"]["id"]) == ("entities-cehrner", "cehrner")
    assert json.loads(evaluate("show", "cehrner", "--format", "json").stdout)["task"] is None


def test_an_unknown_task_is_refused_with_the_nearest() -> None:
    refused = evaluate("show", "entities-cehrer")
    assert refused.exit_code == 2
    assert "entities-cehrner" in refused.stderr


def test_a_task_without_data_is_valid_as_far_as_can_be_told() -> None:
    checked = evaluate("validate", "linking-chip-cdn")
    assert checked.exit_code == 0
    assert "数据不在本机（ZHIBIAN_DATA_CHIP_CDN）" in checked.stdout


def test_counts_are_written_and_other_data_are_then_refused(own: Path) -> None:
    registered = own / "datasets" / "invented.yaml"
    assert evaluate("validate", "invented-task", "--write", *of(own)).exit_code == 0
    split = yaml.safe_load(registered.read_text(encoding="utf-8"))["splits"]["aside"]
    assert {"n", "checksum", "gold_checksum", "aside_checksum"} <= set(split)
    write_json(own.parent / "data", "train.json", [{"text": "甲", "normalized_result": "乙"}])
    checked = evaluate("validate", "invented-task", *of(own))
    assert checked.exit_code == 1
    assert "与登记的不同" in checked.stderr


def test_everything_wrong_with_a_task_is_told_at_once(own: Path) -> None:
    definition = task(
        "linking", {"test": "aside"}, ["linking.micro_f2"], systems=["oracle", "dictionary"]
    )
    write(own / "invented-task.yaml", definition)
    checked = evaluate("validate", "invented-task", *of(own))
    assert checked.exit_code == 1
    assert "没有系统 oracle" in checked.stderr
    assert "linking.micro_f2" in checked.stderr


def test_a_definition_that_is_not_valid_is_refused(own: Path) -> None:
    path = own / "invented-task.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "metrcs: []\n", encoding="utf-8")
    refused = evaluate("list", *of(own))
    assert refused.exit_code == 2
    assert "invented-task.yaml metrcs" in refused.stderr
    assert "是否为 metrics？" in refused.stderr


def test_folders_of_no_data_set_are_refused_all_at_once() -> None:
    refused = evaluate("list", "--data", "chip-cdn", "--data", "nowhere=here")
    assert refused.exit_code == 2
    assert "chip-cdn 不是 数据集=目录" in refused.stderr
    assert "没有登记数据集 nowhere" in refused.stderr


def test_digests_are_printed_without_words_and_checked(own: Path) -> None:
    printed = evaluate("digests", "invented-task", *of(own))
    digests = printed.stdout.split()
    assert digests == sorted(digests)
    assert "虚构" not in printed.stdout
    listed = own.parent / "learned.txt"
    assert evaluate("digests", "invented-task", "--output", str(listed), *of(own)).exit_code == 0
    assert listed.read_text(encoding="utf-8") == printed.stdout
    refused = evaluate("digests", "invented-task", "--check", str(listed), *of(own))
    assert refused.exit_code == 2
    assert f"{len(digests)} 个评测问题" in refused.stderr
    run = evaluate("run", "invented-task", "--learned", str(listed), *of(own))
    assert run.exit_code == 2
    assert f"{len(digests)} 个评测问题" in run.stderr
    listed.write_text(digest_of_text("别的词") + "\n", encoding="utf-8")
    assert evaluate("digests", "invented-task", "--check", str(listed), *of(own)).exit_code == 0


def test_digests_of_another_split_can_be_asked_for(own: Path) -> None:
    measured = evaluate("digests", "invented-task", *of(own)).stdout.split()
    learned = evaluate("digests", "invented-task", "--split", "fit", *of(own)).stdout.split()
    assert learned
    assert not set(measured) & set(learned)


def test_a_hospital_measures_on_records_of_its_own(own: Path) -> None:
    records = own.parent / "records"
    records.mkdir()
    write_json(records, "a.json", case("a"))
    write(own / "datasets" / "invented.yaml", dataset("cases", {"all": {"files": ["*.json"]}}))
    write(own / "invented-task.yaml", task("coding", {"test": "all"}, ["principal.exact"]))
    told = ("validate", "invented-task", "--tasks", str(own), "--data", f"invented={records}")
    checked = evaluate(*told)
    assert checked.exit_code == 0, checked.stderr
    assert "all 未登记校验和" in checked.stdout
    assert "未登记校验和" not in evaluate(*told, "--write").stdout


@pytest.mark.parametrize(("name", "key"), [("task", "protocol"), ("dataset", "splits")])
def test_schemas_of_definitions_are_printed(name: str, key: str) -> None:
    schema = json.loads(CliRunner().invoke(app, ["schema", name]).stdout)
    assert key in schema["required"]
    assert schema["additionalProperties"] is False

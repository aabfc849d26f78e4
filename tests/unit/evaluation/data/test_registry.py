"""The registry: what ships is valid, where data are looked for, and how absence is told."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from tests.unit.evaluation.data.invented_sets import dataset

from zhibian.evaluation.data.registry import REGISTRY, DataFolders, definition_of, load_datasets
from zhibian.evaluation.data.written import read_definition
from zhibian.evaluation.metrics.registry import select
from zhibian.evaluation.tasks.registry import find_task, load_tasks
from zhibian.evaluation.tasks.spec import DatasetSpec, TaskSpec
from zhibian.problems import InputError

INVENTED = dataset("cases", {"all": {"files": ["*.json"]}}, url="https://example.org/invented")


def test_every_shipped_data_set_says_whence_and_under_which_terms() -> None:
    for spec in load_datasets().values():
        assert spec.provenance
        assert spec.citation
        assert spec.terms
        assert spec.terms_en
        for split in spec.splits.values():
            counted = (split.n, split.checksum, split.gold_checksum)
            assert all(counted) == (split.reserved is None)
            assert (split.contact is None) == (split.contact_en is None)


def test_splits_of_the_challenges_are_never_measured() -> None:
    sets = load_datasets()
    reserved = {
        (name, split)
        for name, spec in sets.items()
        for split, told in spec.splits.items()
        if told.reserved
    }
    assert reserved >= {
        ("chip-cdn", "dev"),
        ("chip-cdn", "test"),
        ("yidu-n7k", "test"),
        ("ccl25-task8", "test-a"),
        ("ccl25-task8", "test-b"),
    }
    used = {
        (task.dataset, split)
        for task in load_tasks().values()
        for split in (task.protocol.test, *task.protocol.fit, *task.protocol.tune)
    }
    assert not used & reserved
    assert all(split in sets[name].splits for name, split in used)


def test_held_out_records_are_learned_from_by_no_task() -> None:
    sets = load_datasets()
    learned = {
        (task.dataset, split)
        for task in load_tasks().values()
        for split in (*task.protocol.fit, *task.protocol.tune)
    }
    assert not any(sets[name].splits[split].held_out for name, split in learned)


def test_metrics_of_every_shipped_task_are_known() -> None:
    for task in load_tasks().values():
        assert select(task.kind, task.metrics)
        assert "*" not in task.metrics[0], "the first metric is the main one"


def test_the_folder_that_was_named_comes_before_variable_and_base(tmp_path: Path) -> None:
    for name in ("given", "variable", "base/invented"):
        (tmp_path / name).mkdir(parents=True)
    base, variables = tmp_path / "base", {"ZHIBIAN_DATA_INVENTED": str(tmp_path / "variable")}
    given = {"invented": tmp_path / "given"}
    assert DataFolders(base, variables, given).folder(INVENTED) == tmp_path / "given"
    assert DataFolders(base, variables).folder(INVENTED) == tmp_path / "variable"
    assert DataFolders(base, {}).folder(INVENTED) == base / "invented"


def test_an_absent_set_is_told_with_variable_folder_and_publisher(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        DataFolders(tmp_path, {}).folder(INVENTED)
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("ZHIBIAN_DATA_INVENTED", "data_missing")
    for told in ("ZHIBIAN_DATA_INVENTED", "ZHIBIAN_DATA=", "invented", "https://example.org/"):
        assert told in problem.remedy
    assert str(tmp_path) not in problem.render()


def test_a_variable_that_leads_nowhere_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "invented").mkdir()
    wrong = {"ZHIBIAN_DATA_INVENTED": str(tmp_path / "elsewhere")}
    with pytest.raises(InputError) as refused:
        DataFolders(tmp_path, wrong).folder(INVENTED)
    assert "ZHIBIAN_DATA_INVENTED" in refused.value.problems[0].message


def test_records_of_the_checkout_are_absent_in_an_installed_package(tmp_path: Path) -> None:
    records = load_datasets()["records"]
    assert DataFolders(None, {}).find(records) is not None
    with pytest.raises(InputError) as refused:
        DataFolders(None, {}, checkout=tmp_path).folder(records)
    assert "安装包不含" in refused.value.problems[0].message


def test_a_user_registers_data_sets_beside_tasks(tmp_path: Path) -> None:
    own = tmp_path / "datasets"
    own.mkdir()
    content = INVENTED.model_dump(mode="json")
    (own / "invented.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    assert load_datasets(tmp_path)["invented"] == INVENTED
    assert definition_of("invented", tmp_path) == own / "invented.yaml"
    assert definition_of("chip-cdn", tmp_path) == REGISTRY / "chip-cdn.yaml"
    shutil.copy(REGISTRY / "chip-cdn.yaml", own)
    with pytest.raises(InputError) as refused:
        load_datasets(tmp_path)
    assert [p.code for p in refused.value.problems] == ["id_taken"]


def test_all_problems_of_all_files_are_told_with_file_field_and_remedy(tmp_path: Path) -> None:
    good = read_definition(Path(find_file("gold-sample")), TaskSpec).model_dump(mode="json")
    first = {**good, "id": "first", "metrcs": ["principal.exact"], "kind": "codes"}
    del first["question"]
    (tmp_path / "first.yaml").write_text(yaml.safe_dump(first), encoding="utf-8")
    second = {**good, "protocol": {"test": "all", "fit": ["all"]}}
    (tmp_path / "second.yaml").write_text(yaml.safe_dump(second), encoding="utf-8")
    (tmp_path / "third.yaml").write_text("id: [", encoding="utf-8")
    (tmp_path / "fourth.yaml").write_text(yaml.safe_dump(good), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_tasks(tmp_path)
    told = {(p.field, p.code): p for p in refused.value.problems}
    assert told["first.yaml metrcs", "key_unknown"].remedy == "是否为 metrics？"
    assert "'coding'" in told["first.yaml kind", "value_invalid"].remedy
    assert ("first.yaml question", "key_missing") in told
    assert "交叉验证" in told["second.yaml protocol", "value_invalid"].message
    assert ("fourth.yaml", "id_differs") in told
    assert any(field.startswith("third.yaml ") and code == "not_yaml" for field, code in told)


def test_a_task_of_the_user_stands_for_the_shipped_one(tmp_path: Path) -> None:
    shipped = load_tasks()["gold-sample"]
    own = shipped.model_copy(update={"version": 9}).model_dump(mode="json")
    (tmp_path / "gold-sample.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    tasks = load_tasks(tmp_path)
    assert tasks["gold-sample"].version == 9
    assert tasks.keys() == load_tasks().keys()


def test_a_task_is_found_by_id_or_file_and_the_nearest_is_named() -> None:
    tasks = load_tasks()
    assert find_task("ccl25-task8", tasks).kind == "coding"
    assert find_task(find_file("ccl25-task8"), {}).id == "ccl25-task8"
    with pytest.raises(InputError) as refused:
        find_task("ccl25-task9", tasks)
    assert "ccl25-task8" in refused.value.problems[0].remedy
    with pytest.raises(InputError) as absent:
        find_task("nowhere.yaml", tasks)
    assert absent.value.problems[0].code == "file_unreadable"


def find_file(name: str) -> str:
    return str(REGISTRY.parent / "tasks" / f"{name}.yaml")


def test_the_definitions_of_the_documentation_are_valid() -> None:
    page = REGISTRY.parents[3] / "docs" / "evaluation-data.md"
    own, measured = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    spec = DatasetSpec.model_validate(yaml.safe_load(own))
    asked = TaskSpec.model_validate(yaml.safe_load(measured))
    assert asked.dataset == spec.id
    assert asked.protocol.test in spec.splits
    assert select(asked.kind, asked.metrics)

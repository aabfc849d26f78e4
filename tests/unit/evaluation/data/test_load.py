"""Parts of a task are read as registered, and other data than the registered are refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.unit.evaluation.data.invented_sets import (
    READING,
    TERMS,
    case,
    dataset,
    library,
    task,
    write_json,
    write_terms,
)

from zhibian.evaluation.data.load import count_splits, load_task, read_split
from zhibian.evaluation.data.verify import Counts
from zhibian.evaluation.rounds import rounds_of
from zhibian.evaluation.tasks.spec import DatasetSpec, TaskSpec
from zhibian.problems import InputError
from zhibian.terminology.tables import sha256_of

RULE = "hash-aside:invented-1:1/4"
PARTS: Mapping[str, Mapping[str, Any]] = {
    part: {"files": ["train.json"], "rule": RULE, "part": part} for part in ("fit", "tune", "aside")
}
LINKING: TaskSpec = task(
    "linking", {"test": "aside", "fit": ["fit"], "tune": ["tune"]}, ["linking.*"]
)


def registered(spec: DatasetSpec, counts: Mapping[str, Counts]) -> DatasetSpec:
    """The data set with what its splits are recognised by."""
    splits = {
        name: split.model_copy(
            update={
                "n": counts[name].n,
                "checksum": counts[name].checksum,
                "gold_checksum": counts[name].gold_checksum,
                "aside_checksum": counts[name].aside_checksum,
            }
        )
        for name, split in spec.splits.items()
    }
    return spec.model_copy(update={"splits": splits})


def refusal(spec: DatasetSpec, folder: Path, of: TaskSpec = LINKING) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as refused:
        load_task(of, library(spec, folder), READING)
    return [(p.field, p.code) for p in refused.value.problems]


def test_the_parts_of_a_rule_hold_every_term_once(tmp_path: Path) -> None:
    write_terms(tmp_path)
    spec = dataset("diagnosis-terms", PARTS)
    parts = load_task(LINKING, library(spec, tmp_path), READING).parts
    wordings = [e.question.wording for part in (parts.fit, parts.tune, parts.test) for e in part]
    assert sorted(wordings) == sorted(term for term, _ in TERMS)
    assert parts.fit
    assert parts.tune
    assert 5 <= len(parts.test) <= 25


def test_the_order_of_a_file_does_not_matter_for_its_parts(tmp_path: Path) -> None:
    write_terms(tmp_path)
    spec = dataset("diagnosis-terms", PARTS)
    once = count_splits(spec, "linking", tmp_path, READING)
    rows = json.loads((tmp_path / "train.json").read_text(encoding="utf-8"))
    write_json(tmp_path, "train.json", rows[::-1])
    assert count_splits(spec, "linking", tmp_path, READING) == once


def test_another_seed_keeps_other_terms_aside(tmp_path: Path) -> None:
    write_terms(tmp_path)
    other = {
        name: {**split, "rule": RULE.replace("invented-1", "invented-2")}
        for name, split in PARTS.items()
    }
    one = count_splits(dataset("diagnosis-terms", PARTS), "linking", tmp_path, READING)
    two = count_splits(dataset("diagnosis-terms", other), "linking", tmp_path, READING)
    assert one["aside"].checksum != two["aside"].checksum


def test_registered_data_are_read_again(tmp_path: Path) -> None:
    write_terms(tmp_path)
    spec = dataset("diagnosis-terms", PARTS)
    counts = count_splits(spec, "linking", tmp_path, READING)
    loaded = load_task(LINKING, library(registered(spec, counts), tmp_path), READING)
    assert loaded.parts.checksum == counts["aside"].checksum


def test_other_questions_are_refused_with_everything_that_differs(tmp_path: Path) -> None:
    write_terms(tmp_path)
    spec = dataset("diagnosis-terms", {"all": {"files": ["train.json"]}})
    counts = count_splits(spec, "linking", tmp_path, READING)
    write_json(tmp_path, "train.json", [{"text": t, "normalized_result": n} for t, n in TERMS[1:]])
    told = refusal(
        registered(spec, counts), tmp_path, task("linking", {"test": "all"}, ["linking.*"])
    )
    assert told == [("all", "split_differs")] * 3


def test_changed_gold_is_refused_although_the_questions_are_the_same(tmp_path: Path) -> None:
    write_json(tmp_path, "a.json", case("a"))
    spec = dataset("cases", {"all": {"files": ["*.json"]}})
    counted = registered(spec, count_splits(spec, "coding", tmp_path, READING))
    corrected = case("a")
    corrected["gold"]["others"] = []
    write_json(tmp_path, "a.json", corrected)
    with pytest.raises(InputError) as refused:
        read_split(counted, "all", "coding", tmp_path, READING)
    (problem,) = refused.value.problems
    assert "金标准" in problem.message


def test_coding_and_screening_recognise_the_same_records(tmp_path: Path) -> None:
    write_json(tmp_path, "a.json", case("a"))
    spec = dataset("cases", {"all": {"files": ["*.json"]}})
    coding = count_splits(spec, "coding", tmp_path, READING)
    assert count_splits(spec, "screening", tmp_path, READING) == coding


def test_a_changed_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = write_terms(tmp_path)
    spec = dataset("diagnosis-terms", PARTS, files={"train.json": sha256_of(path)})
    load_task(LINKING, library(spec, tmp_path), READING)
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert refusal(spec, tmp_path) == [("train.json", "file_changed")]


def test_absent_files_are_named_with_the_variable(tmp_path: Path) -> None:
    assert refusal(dataset("diagnosis-terms", PARTS), tmp_path) == [
        ("ZHIBIAN_DATA_INVENTED", "file_missing")
    ]


def test_a_reserved_split_is_never_measured_nor_learned(tmp_path: Path) -> None:
    write_terms(tmp_path)
    splits = {**PARTS, "test": {"files": ["test.json"], "reserved": "公开评测的划分"}}
    spec = dataset("diagnosis-terms", splits)
    measured = task("linking", {"test": "test"}, ["linking.*"])
    learned = task("linking", {"test": "aside", "fit": ["test"]}, ["linking.*"])
    assert refusal(spec, tmp_path, measured) == [("protocol", "split_reserved")]
    assert refusal(spec, tmp_path, learned) == [("protocol", "split_reserved")]


def test_unknown_splits_and_data_sets_are_refused(tmp_path: Path) -> None:
    spec = dataset("diagnosis-terms", PARTS)
    other = task("linking", {"test": "hidden"}, ["linking.*"])
    assert refusal(spec, tmp_path, other) == [("protocol", "split_unknown")]
    elsewhere = LINKING.model_copy(update={"dataset": "elsewhere"})
    assert refusal(spec, tmp_path, elsewhere) == [("dataset", "dataset_unknown")]


def test_the_same_words_in_two_parts_are_refused_by_id_alone(tmp_path: Path) -> None:
    write_json(tmp_path, "fit.json", [{"text": "ＣＯＰＤ 急性加重", "normalized_result": "甲"}])
    write_json(tmp_path, "test.json", [{"text": "COPD急性加重", "normalized_result": "甲"}])
    spec = dataset(
        "diagnosis-terms", {"fit": {"files": ["fit.json"]}, "test": {"files": ["test.json"]}}
    )
    twice = task("linking", {"test": "test", "fit": ["fit"]}, ["linking.*"])
    loaded = load_task(twice, library(spec, tmp_path), READING)
    with pytest.raises(InputError) as refused:
        rounds_of(loaded.parts, twice.protocol)
    (problem,) = refused.value.problems
    assert problem.code == "test_learned"
    assert "00000" in problem.message
    assert "COPD" not in problem.message


def test_folds_are_alike_in_the_partition_that_is_named(tmp_path: Path) -> None:
    row: dict[str, Any] = {"其他诊断编码": []}
    rows = [
        {**row, "主诉": f"胸闷{n}天", "主要诊断编码": "I20.000" if n < 10 else "I21.900"}
        for n in range(15)
    ]
    write_json(tmp_path, "train.json", rows)
    spec = dataset("ccl25", {"whole": {"files": ["train.json"]}})
    folded = task(
        "coding", {"test": "whole", "folds": 5, "fold_alike": "principal"}, ["principal.exact"]
    )
    rounds = rounds_of(load_task(folded, library(spec, tmp_path), READING).parts, folded.protocol)
    principals = [sorted(e.strata["principal"] for e in one.test) for one in rounds]
    assert principals == [["I20.000", "I20.000", "I21.900"]] * 5


def test_misses_are_quotable_only_of_invented_records_that_are_not_held_out(tmp_path: Path) -> None:
    write_json(tmp_path, "a.json", case("a"))
    coding = task("coding", {"test": "all"}, ["principal.exact"])

    def quotable(split: Mapping[str, Any], *, invented: bool) -> bool:
        spec = dataset("cases", {"all": {"files": ["a.json"], **split}}, invented=invented)
        return load_task(coding, library(spec, tmp_path), READING).quotable

    assert quotable({}, invented=True)
    assert not quotable({"held_out": True}, invented=True)
    assert not quotable({}, invented=False)


@pytest.mark.parametrize(
    "split",
    [
        {},
        {"files": ["a"], "part": "fit"},
        {"files": ["a"], "rule": "hash-aside:seed:1/6"},
        {"files": ["a"], "rule": "random:seed:1/6", "part": "fit"},
        {"files": ["a"], "rule": "hash-aside:seed", "part": "fit"},
    ],
)
def test_splits_that_say_nothing_or_half_are_refused(split: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError):
        dataset("cases", {"all": split})


@pytest.mark.parametrize(
    "protocol",
    [
        {"test": "a", "fit": ["a"]},
        {"test": "a", "tune": ["a"]},
        {"test": "a", "fold_alike": "principal"},
    ],
)
def test_protocols_that_learn_what_they_measure_are_refused(protocol: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError):
        task("coding", protocol, ["principal.exact"])

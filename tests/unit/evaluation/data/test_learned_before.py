"""What models and outside systems learned is found by manifest and digest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.evaluation.data.invented_sets import READING, dataset, library, task, write_terms

from zhibian.evaluation.data.learned_before import read_digests, refuse_known, refuse_trained
from zhibian.evaluation.data.load import load_task
from zhibian.evaluation.data.registry import load_datasets
from zhibian.evaluation.tasks.spec import DatasetSpec
from zhibian.problems import InputError

ASIDE, OTHER = "a" * 64, "b" * 64
SEED = "link-1"


def ruled(seed: str = SEED) -> DatasetSpec:
    rule = {"files": ["train.json"], "rule": f"hash-aside:{seed}:1/6"}
    return dataset(
        "diagnosis-terms",
        {
            "fit": {**rule, "part": "fit"},
            "tune": {**rule, "part": "tune"},
            "aside": {**rule, "part": "aside", "aside_checksum": ASIDE},
            "all": {"files": ["train.json"]},
            "later": {"files": ["later.json"]},
        },
    )


def manifest(**told: Any) -> dict[str, Any]:
    return {"version": "linker-9", "split": told}


def refusal(told: dict[str, Any], spec: DatasetSpec, name: str) -> str | None:
    try:
        refuse_trained(told, spec, name)
    except InputError as refused:
        (problem,) = refused.problems
        assert problem.code == "split_learned"
        return f"{problem.message} {problem.remedy}"
    return None


def test_only_what_the_rule_kept_aside_is_measured() -> None:
    told = manifest(invented={"seed": SEED, "aside_checksum": ASIDE})
    refused = {name for name in ruled().splits if refusal(told, ruled(), name)}
    assert refused == {"fit", "tune", "all"}
    assert "aside、later" in str(refusal(told, ruled(), "fit"))


def test_another_rule_or_other_questions_aside_are_refused() -> None:
    assert "另一种子" in str(
        refusal(manifest(invented={"seed": "x", "aside_checksum": ASIDE}), ruled(), "aside")
    )
    other = manifest(invented={"seed": SEED, "aside_checksum": OTHER})
    assert "校验和不符" in str(refusal(other, ruled(), "aside"))


def test_files_are_known_by_their_sha256_whatever_their_name() -> None:
    spec = dataset(
        "texts",
        {"train": {"files": ["train.json"]}, "test": {"files": ["test.json"]}},
        files={"train.json": ASIDE, "test.json": OTHER},
    )
    told = manifest(**{"renamed.json": ASIDE})
    assert refusal(told, spec, "train") is not None
    assert refusal(told, spec, "test") is None


def test_a_model_that_tells_nothing_of_a_data_set_may_be_measured_on_it() -> None:
    assert refusal({"version": "v"}, ruled(), "fit") is None
    assert refusal(manifest(another={"seed": SEED}), ruled(), "fit") is None


@pytest.mark.parametrize(
    ("model", "name", "measurable"),
    [
        ("term-linker-2", "chip-cdn", {"aside"}),
        ("term-linker-2", "yidu-n7k", {"aside"}),
        ("mention-tagger-1", "cehrner", {"test"}),
        ("mention-tagger-1", "chip-cdee", set()),
    ],
)
def test_the_shipped_models_are_measured_on_what_they_never_saw(
    model: str, name: str, measurable: set[str], rules: Path
) -> None:
    path = rules.parent / "models" / model / "manifest.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    spec = load_datasets()[name]
    open_splits = {split for split, one in spec.splits.items() if one.reserved is None}
    assert {split for split in open_splits if refusal(told, spec, split) is None} == measurable


def test_what_a_system_says_it_learned_is_found_among_the_questions(tmp_path: Path) -> None:
    write_terms(tmp_path)
    spec = dataset("diagnosis-terms", {"all": {"files": ["train.json"]}})
    terms = load_task(
        task("linking", {"test": "all"}, ["linking.*"]), library(spec, tmp_path), READING
    ).parts.test
    listed = tmp_path / "learned.txt"
    listed.write_text(f"{OTHER}\n\n{terms[2].digest}\n", encoding="utf-8")
    learned = read_digests(listed)
    with pytest.raises(InputError) as refused:
        refuse_known(terms, learned, "learned.txt")
    (problem,) = refused.value.problems
    assert problem.code == "test_learned"
    assert "1 个" in problem.message
    assert terms[2].id in problem.message
    assert terms[2].question.wording not in problem.message
    refuse_known(terms, {OTHER}, "learned.txt")


@pytest.mark.parametrize("content", ["", "not a digest\n", f"{OTHER}\n{OTHER[:-1]}\n"])
def test_a_file_that_holds_no_digests_is_refused(content: str, tmp_path: Path) -> None:
    listed = tmp_path / "learned.txt"
    listed.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_digests(listed)
    assert [p.code for p in refused.value.problems] == ["digests_invalid"]


def test_an_absent_file_of_digests_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_digests(tmp_path / "absent.txt")
    assert [p.code for p in refused.value.problems] == ["file_unreadable"]

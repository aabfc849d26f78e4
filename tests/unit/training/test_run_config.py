"""What a training configuration may say, and how slips in it are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zhibian.problems import InputError, Problem
from zhibian.training.runs.config import Configured, read_config
from zhibian.training.runs.kinds import MODULES, kind_of
from zhibian.training.runs.search import best_of, mean_and_sd, trials_of
from zhibian.training.runs.spec import Range, SearchSpec

ROOT = Path(__file__).resolve().parents[3]


def config(folder: Path, **changes: Any) -> Path:
    (folder / "cases.json").write_text("[]", encoding="utf-8")
    content = {
        "format": "zhibian-training/1",
        "kind": "classifier",
        "data": {"cases": ["cases.json"]},
        **changes,
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def read(folder: Path, environ: dict[str, str] | None = None, **changes: Any) -> Configured:
    return read_config(config(folder, **changes), environ or {})


def problems(folder: Path, **changes: Any) -> list[Problem]:
    with pytest.raises(InputError) as refused:
        read(folder, **changes)
    return list(refused.value.problems)


def test_defaults_are_written_out_and_paths_are_those_of_the_folder(tmp_path: Path) -> None:
    spec = read(tmp_path, parameters={"spelling": True}).spec
    assert spec.parameters["spelling"] is True
    assert spec.parameters["principal_strength"] == 3.0
    assert spec.data["cases"] == [str(tmp_path / "cases.json")]
    assert spec.name == "classifier-1"


def test_a_resolved_configuration_reads_as_itself(tmp_path: Path) -> None:
    search = {"method": "grid", "values": {"least_records": [2, 3]}}
    first = read(tmp_path, search=search, seeds=[4, 5]).spec
    path = tmp_path / "again.yaml"
    path.write_text(yaml.safe_dump(first.model_dump(mode="json")), encoding="utf-8")
    assert read_config(path, {}).spec == first


def test_variables_stand_for_paths(tmp_path: Path) -> None:
    found = read(tmp_path, {"DATA": str(tmp_path)}, data={"cases": ["${DATA}/cases.json"]})
    assert found.spec.data["cases"] == [str(tmp_path / "cases.json")]


def test_an_unset_variable_is_told_once_with_its_name(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, data={"cases": ["${DATA}/cases.json"]})
    assert (problem.field, problem.code) == ("data.cases", "variable_unset")
    assert "DATA" in problem.message


def test_seeds_of_the_command_replace_those_of_the_file(tmp_path: Path) -> None:
    assert read_config(config(tmp_path, seeds=[1]), {}, [7, 8]).spec.seeds == (7, 8)


def test_every_slip_is_told_at_once_with_the_nearest_key(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        sedes=[1],
        seeds=[1, 1],
        threads=0,
        data={"cases": ["nowhere.json"], "casses": []},
        parameters={"speling": True, "least_records": 0},
        search={
            "method": "grid",
            "metric": "task_scor",
            "values": {"principal_strenght": [1], "others_strength": [-1]},
            "budgte": 3,
        },
    )
    told = {problem.field: problem for problem in found}
    assert set(told) == {
        "sedes",
        "seeds",
        "threads",
        "data.casses",
        "parameters.speling",
        "parameters.least_records",
        "search.metric.task_scor",
        "search.values.principal_strenght",
        "search.budgte",
    }
    for field, meant in {
        "sedes": "seeds",
        "data.casses": "cases",
        "parameters.speling": "spelling",
        "search.metric.task_scor": "task_score",
        "search.values.principal_strenght": "principal_strength",
        "search.budgte": "budget",
    }.items():
        assert f"是否指 {meant}？" in told[field].remedy, field


def test_values_of_a_search_are_checked_before_anything_is_trained(tmp_path: Path) -> None:
    search = {"method": "grid", "values": {"others_strength": [1, -1], "least_records": [2, "x"]}}
    found = problems(tmp_path, search=search)
    assert {p.field for p in found} == {
        "search.values.others_strength",
        "search.values.least_records",
    }


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"kind": "clasifier"}, "kind", "kind_unknown"),
        ({"format": "zhibian-training/9"}, "format", "value_invalid"),
        ({"data": {"cases": ["nowhere.json"]}}, "data.cases", "path_missing"),
        ({"data": {}}, "data", "value_invalid"),
        ({"search": {"method": "random", "values": {"spelling": [True]}}}, "search", None),
        ({"search": {"method": "grid", "values": {"least_records": []}}}, "search", None),
        (
            {"search": {"method": "grid", "values": {"least_records": {"low": 1, "high": 3}}}},
            "search",
            None,
        ),
        (
            {"search": {"method": "grid", "values": {"least_records": [1, 2, 3]}, "budget": 2}},
            "search.budget",
            "budget_exceeded",
        ),
    ],
)
def test_what_makes_no_run_is_refused(
    tmp_path: Path, changes: dict[str, Any], field: str, code: str | None
) -> None:
    (problem,) = problems(tmp_path, **changes)
    assert problem.field == field
    assert problem.code == (code or "value_invalid")
    assert problem.remedy


def test_several_seeds_of_a_training_without_chance_are_refused(tmp_path: Path) -> None:
    data = {"cehrner": ".", "chip_cdee": "."}
    (problem,) = problems(tmp_path, kind="tagger", data=data, seeds=[1, 2])
    assert (problem.field, problem.code) == ("seeds", "seeds_useless")


@pytest.mark.parametrize("name", MODULES)
def test_every_kind_has_defaults_metrics_and_an_example(name: str) -> None:
    kind = kind_of(name)
    assert kind.name == name
    assert kind.parameters().model_dump()
    assert kind.metrics
    assert list((ROOT / "examples" / "training").glob(f"{name}*.yaml"))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples" / "training").glob("*.yaml")), ids=lambda path: path.stem
)
def test_every_example_is_a_run(path: Path, tmp_path: Path) -> None:
    folders = ("cases", "gold_cases", "ccl25_task8", "chip_cdn", "yidu_n7k", "cehrner", "chip_cdee")
    for folder in folders:
        (tmp_path / folder).mkdir()
    found = read_config(path, {"ZHIBIAN_DATA": str(tmp_path), "ZHIBIAN_BASE": str(tmp_path)})
    assert path.stem.partition("-")[0] == found.spec.kind


VALUES = st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True)


@given(st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1))
def test_a_grid_tries_every_combination_once(values: dict[str, list[int]]) -> None:
    search = SearchSpec(method="grid", values=values, metric="m", direction="maximize")
    found = [tuple(sorted(one.items())) for one in trials_of(search)]
    size = 1
    for one in values.values():
        size *= len(one)
    assert len(found) == len(set(found)) == size


@given(
    st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1),
    st.integers(1, 80),
    st.integers(0, 9),
)
def test_a_random_search_of_lists_draws_without_repeats(
    values: dict[str, list[int]], budget: int, seed: int
) -> None:
    search = SearchSpec(
        method="random", values=values, metric="m", direction="maximize", budget=budget, seed=seed
    )
    every = SearchSpec(method="grid", values=values, metric="m", direction="maximize")
    found = [tuple(sorted(one.items())) for one in trials_of(search)]
    assert len(found) == len(set(found)) == min(budget, len(trials_of(every)))
    longer = search.model_copy(update={"budget": budget + 3})
    assert found == [tuple(sorted(one.items())) for one in trials_of(longer)][:budget]


def test_ranges_are_drawn_within_their_ends_and_alike_for_a_longer_search() -> None:
    values: dict[str, list[Any] | Range] = {
        "rate": Range(low=1e-5, high=1e-1, scale="log"),
        "width": Range(low=8, high=64, whole=True),
        "spelling": [True, False],
    }
    long, short = (
        trials_of(
            SearchSpec(
                method="random", values=values, metric="m", direction="maximize", budget=budget
            )
        )
        for budget in (60, 20)
    )
    assert long[:20] == short
    rates = [one["rate"] for one in long]
    assert all(1e-5 <= rate <= 1e-1 for rate in rates)
    # Evenly on a logarithmic scale: about half below the geometric middle.
    assert 15 < sum(rate < 1e-3 for rate in rates) < 45
    assert all(isinstance(one["width"], int) and 8 <= one["width"] <= 64 for one in long)
    assert {one["spelling"] for one in long} == {True, False}


@pytest.mark.parametrize("given_range", [{"low": 2, "high": 1}, {"low": 0, "high": 1}])
def test_a_range_without_numbers_in_it_is_refused(tmp_path: Path, given_range: Any) -> None:
    values = {"principal_strength": {**given_range, "scale": "log"}}
    found = problems(tmp_path, search={"method": "random", "budget": 2, "values": values})
    assert any("low" in problem.message for problem in found)


def test_the_first_of_equal_trials_is_best_and_what_is_no_number_never() -> None:
    assert best_of([None, 0.5, 0.7, 0.7], "maximize") == 2
    assert best_of([0.5, 0.2, None, 0.2], "minimize") == 1
    assert best_of([None, None], "minimize") is None


def test_one_seed_has_no_spread() -> None:
    assert mean_and_sd([2.0]) == {"mean": 2.0, "sd": None, "n": 1}
    assert mean_and_sd([1.0, 3.0])["sd"] == pytest.approx(2**0.5)

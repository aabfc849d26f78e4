"""Systems and settings as a user names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhibian.cli.evaluate_run import parse_seeds
from zhibian.cli.evaluation_resources import shown_command
from zhibian.evaluation.run_config import (
    SystemChoice,
    answer_choices,
    asked_systems,
    parse_pairs,
    parse_settings,
    read_config,
)
from zhibian.problems import InputError

KNOWN = {"tfidf": lambda *_: None, "majority": lambda *_: None}


def test_settings_of_the_command_line_come_on_top_of_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "systems:\n- majority\n- {system: tfidf, name: tfidf-wide, parameters: {k: 5, words: a}}\n",
        "utf-8",
    )
    config = read_config(file)
    asked = asked_systems(config.systems, KNOWN, parse_settings(["tfidf-wide.k=10"]))  # type: ignore[arg-type]
    assert [(one.name, dict(one.parameters)) for one in asked] == [
        ("majority", {}),
        ("tfidf-wide", {"k": 10, "words": "a"}),
    ]


def test_all_unknown_systems_and_idle_settings_are_told_at_once() -> None:
    choices = (SystemChoice(system="nobody"), SystemChoice(system="none"))
    with pytest.raises(InputError) as refused:
        asked_systems(choices, KNOWN, {"tfidf": {"k": 1}})  # type: ignore[arg-type]
    assert [problem.code for problem in refused.value.problems] == [
        "system_unknown",
        "system_unknown",
        "system_not_run",
    ]


@pytest.mark.parametrize("text", ["k=1", "tfidf.k", ".k=1", "tfidf.=1", "tfidf.k=["])
def test_settings_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_settings([text])


def test_values_are_read_as_yaml() -> None:
    assert parse_settings(["a.k=1", "a.b.c=true", "a.t=x=y"]) == {
        "a": {"k": 1, "t": "x=y"},
        "a.b": {"c": True},
    }


def test_answers_made_elsewhere_are_systems_of_their_own_name() -> None:
    (choice,) = answer_choices(parse_pairs(["rival=/srv/a.jsonl"], "--answers"))
    assert (choice.shown, choice.system) == ("rival", "outside")
    assert choice.parameters == {"answers": "/srv/a.jsonl"}
    with pytest.raises(InputError):
        parse_pairs(["rival"], "--answers")


def test_a_damaged_configuration_names_its_fields(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("systems:\n- {name: x}\nother: 1\n", "utf-8")
    with pytest.raises(InputError) as refused:
        read_config(file)
    assert {problem.field for problem in refused.value.problems} == {"systems.0.system", "other"}


def test_seeds() -> None:
    assert parse_seeds("1,2，3,2") == (1, 2, 3)
    with pytest.raises(InputError):
        parse_seeds("one")


def test_the_command_is_shown_without_folders_and_secrets() -> None:
    typed = ["/opt/bin/zhibian", "evaluate", "run", "t", "--data", "records=/srv/patients/records"]
    typed += ["--param", "llm.api_key=geheim", "--output=/home/a/out", "--limit", "3"]
    assert shown_command(typed) == (
        "zhibian evaluate run t --data records=records --param llm.api_key=… --output=out --limit 3"
    )


def test_a_configuration_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes("systems: [规则]".encode("gb18030"))
    with pytest.raises(InputError) as refused:
        read_config(file)
    assert refused.value.problems[0].code == "config_unreadable"

"""No command writes over what it reads, nor twice to one place: all commands, all their paths."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner, Result

from zhibian.cli.main import app
from zhibian.cli.outputs import Output, OutputFile, OutputFolder, Source, check_outputs
from zhibian.problems import InputError


class Command(NamedTuple):
    """A command with the files it reads and writes; names without a dash are arguments."""

    words: str
    reads: Mapping[str, str]
    writes: Mapping[str, str]


FILES = [
    Command("group", {"TABLE": "t.csv"}, {"--output": "o.csv", "--problems": "p.csv"}),
    Command("settle", {"TABLE": "t.csv"}, {"--output": "o.csv"}),
    Command("deviation", {"FILED": "f.csv", "PROPOSED": "p.csv"}, {"--output": "o.xlsx"}),
    Command(
        "screen",
        {"INPUT": "t.csv", "--silence": "s.yaml", "--benchmarks": "b.csv", "--previous": "p.xlsx"},
        {"--output": "o.xlsx", "--items": "i.csv", "--write-benchmarks": "w.csv"},
    ),
    Command(
        "quality check",
        {"SOURCE": "t.csv", "--controls": "c.yaml"},
        {"--output": "o.xlsx", "--bad": "b.csv", "--findings": "f.csv"},
    ),
    Command("pages check", {"SOURCE": "t.csv"}, {"--bad": "b.csv"}),
    Command("pages convert", {"SOURCE": "t.csv"}, {"TARGET": "o.csv", "--bad": "b.csv"}),
    Command("synth --cases 10 --seed 1", {}, {"--output": "o.csv"}),
    Command("train confidence", {"FOLDER": "c.json"}, {"--output": "o.yaml"}),
    Command("train principal", {"FOLDER": "c.json"}, {"--output": "o.yaml"}),
]
# Commands that write into a folder, with a file they read that such a folder may hold.
FOLDERS = [
    Command("code", {"PATH": "a.json"}, {"--output": "out"}),
    Command("queries", {"CASES": "a.html"}, {"--output": "out"}),
    Command("deidentify", {"CASES": "a.json"}, {"--output": "out"}),
    Command("deidentify", {"CASES": "cases", "--key-file": "k.json"}, {"--output": "out"}),
    Command("train base", {"--wheel": "e5.whl"}, {"--output": "out"}),
    Command("train classifier", {"--cases": "a.json"}, {"--output": "out", "--cache": "work"}),
    Command("train cross-validate", {"--cases": "a.json"}, {"--output": "out", "--cache": "work"}),
    Command("rules import --edition 3.0", {"WORKBOOK": "r.json"}, {"--out": "out"}),
]
# Commands whose input is a folder as a whole.
WHOLE = [
    Command("code", {"PATH": "in"}, {"--output": "in"}),
    Command("deidentify", {"CASES": "in"}, {"--output": "in"}),
    Command("evaluate plant", {"FOLDERS": "in"}, {"--output": "in"}),
    Command("screen", {"INPUT": "in/o.xlsx.parts"}, {"--output": "in/o.xlsx"}),
    Command("train confidence", {"FOLDER": "in"}, {"--output": "in/c.yaml"}),
    Command("train principal", {"FOLDER": "in"}, {"--output": "in/c.yaml"}),
    Command(
        "train link",
        {"--chip-cdn": "in", "--yidu-n7k": "y", "--base": "b"},
        {"--output": "in/model"},
    ),
    Command("train link", {"--chip-cdn": "c", "--yidu-n7k": "y", "--base": "b"}, {"--output": "b"}),
    Command("train tagger", {"--cehrner": "in", "--chip-cdee": "c"}, {"--output": "in/model"}),
    Command("train classifier", {"--cases": "c", "--base": "in"}, {"--output": "in"}),
    Command("train cross-validate", {"--ccl25": "in"}, {"--output": "in"}),
]


def ids(commands: list[Command]) -> list[str]:
    return [f"{c.words}-{'-'.join(c.writes)}" for c in commands]


def run(command: Command, folder: Path, **names: str) -> Result:
    """Run a command with its paths in a folder, some of them under another name."""
    words = command.words.split()
    for option, name in {**command.reads, **command.writes, **names}.items():
        words += [option] if option.startswith("-") else []
        words.append(str(folder / name))
    return CliRunner().invoke(app, words)


def files_of(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture(autouse=True)
def _same_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def lay(folder: Path, command: Command, **names: str) -> dict[str, bytes | None]:
    """Make the files that a command reads, and return what the folder holds."""
    for name in {**command.reads, **names}.values():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix:
            path.write_text(f"content of {name}", "utf-8")
        else:
            path.mkdir(exist_ok=True)
            (path / "a.json").write_text("content", "utf-8")
    return files_of(folder)


def refused(result: Result, folder: Path, before: dict[str, bytes | None], option: str) -> None:
    assert result.exit_code == 2, result.output
    assert f"  {option}：" in f"  {result.stderr}".replace("\n", "\n  ")
    assert "处理：" in result.stderr
    assert files_of(folder) == before


def pairs() -> Iterator[tuple[Command, str, str]]:
    for command in FILES:
        for option in command.writes:
            for source in command.reads:
                yield command, option, source


@pytest.mark.parametrize(("command", "option", "source"), list(pairs()))
@pytest.mark.parametrize("side", ["", ".part"], ids=["itself", "part"])
def test_an_output_that_is_an_input_is_refused(
    tmp_path: Path, command: Command, option: str, source: str, side: str
) -> None:
    name = command.writes[option]
    before = lay(tmp_path, command, **{source: name + side})
    result = run(command, tmp_path, **{source: name + side})
    refused(result, tmp_path, before, option)
    assert f"与输入 {source} 是同一个文件" in result.stderr


@pytest.mark.parametrize(
    ("command", "first", "second"),
    [(c, *two) for c in FILES for two in combinations(c.writes, 2)],
)
def test_two_outputs_that_are_one_are_refused(
    tmp_path: Path, command: Command, first: str, second: str
) -> None:
    before = lay(tmp_path, command)
    name = command.writes[first]
    result = run(command, tmp_path, **{second: name.swapcase()})
    refused(result, tmp_path, before, second)
    assert f"与 {first} 写到同一处" in result.stderr


@pytest.mark.parametrize(("command", "option"), [(c, option) for c in FILES for option in c.writes])
def test_a_folder_or_no_folder_where_a_file_is_wanted(
    tmp_path: Path, command: Command, option: str
) -> None:
    (tmp_path / "taken").mkdir()
    before = lay(tmp_path, command)
    result = run(command, tmp_path, **{option: "taken"})
    refused(result, tmp_path, before, option)
    assert "是文件夹，这里须为文件" in result.stderr
    result = run(command, tmp_path, **{option: f"absent/{command.writes[option]}"})
    refused(result, tmp_path, before, option)
    assert "输出目录不存在" in result.stderr


@pytest.mark.parametrize("command", FOLDERS, ids=ids(FOLDERS))
def test_a_folder_with_the_input_is_refused_as_output(tmp_path: Path, command: Command) -> None:
    before = lay(tmp_path, command)
    for option in command.writes:
        result = run(command, tmp_path, **{option: "."})
        refused(result, tmp_path, before, option)


@pytest.mark.parametrize("command", FOLDERS, ids=ids(FOLDERS))
def test_a_file_where_a_folder_is_wanted_is_refused(tmp_path: Path, command: Command) -> None:
    (tmp_path / "taken.txt").write_text("keep", "utf-8")
    before = lay(tmp_path, command)
    for option in command.writes:
        result = run(command, tmp_path, **{option: "taken.txt"})
        refused(result, tmp_path, before, option)
        assert "这里须为文件夹" in result.stderr


@pytest.mark.parametrize("command", WHOLE, ids=ids(WHOLE))
def test_an_output_among_the_files_of_an_input_folder_is_refused(
    tmp_path: Path, command: Command
) -> None:
    before = lay(tmp_path, command)
    for option in command.writes:
        refused(run(command, tmp_path), tmp_path, before, option)


def test_side_files_of_a_screening_are_no_inputs(tmp_path: Path) -> None:
    command = Command("screen", {"INPUT": "o.bad.csv"}, {"--output": "o.xlsx"})
    before = lay(tmp_path, command)
    refused(run(command, tmp_path), tmp_path, before, "--output")
    parts = Command("screen", {"INPUT": "o.xlsx.parts/facts.csv"}, {"--output": "o.xlsx"})
    before = lay(tmp_path, parts)
    refused(run(parts, tmp_path), tmp_path, before, "--output")


def test_spark_writes_outside_its_table(tmp_path: Path) -> None:
    command = Command("group --engine spark", {"TABLE": "in"}, {"--output": "in"})
    before = lay(tmp_path, command)
    refused(run(command, tmp_path), tmp_path, before, "--output")


@pytest.mark.parametrize("words", ["terminology build", "tariffs build"])
def test_tables_are_not_built_over_their_sources(tmp_path: Path, words: str) -> None:
    folder = tmp_path / ("terminology" if words.startswith("term") else "tariffs/linyi-2022")
    folder.mkdir(parents=True)
    (folder / "source.csv").write_text("keep", "utf-8")
    facts = tmp_path if words.startswith("term") else folder
    before = files_of(tmp_path)
    arguments = [*words.split(), "--facts", str(facts), "--rules", str(tmp_path)]
    refused(CliRunner().invoke(app, arguments), tmp_path, before, "--rules")


def test_the_catalogue_is_not_built_over_its_source(tmp_path: Path) -> None:
    source = tmp_path / "front-page" / "fields.csv"
    source.parent.mkdir()
    source.write_text("keep", "utf-8")
    before = files_of(tmp_path)
    words = ["pages", "build", "--columns", str(source), "--rules", str(tmp_path)]
    refused(CliRunner().invoke(app, words), tmp_path, before, "--rules")


def links(path: Path) -> Iterator[Path]:
    """Yield other names of a file: links of both kinds, and longer spellings."""
    soft, hard = path.parent / "soft.csv", path.parent / "hard.csv"
    soft.symlink_to(path)
    hard.hardlink_to(path)
    yield from (soft, hard, path.parent / "." / path.name)
    yield Path(os.path.relpath(path))
    yield path.parent / ".." / path.parent.name / path.name


def test_other_names_of_a_file_are_that_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("keep", "utf-8")
    for name in links(path):
        with pytest.raises(InputError) as wrong:
            check_outputs("x", [Source("TABLE", path)], [OutputFile("--output", name)])
        assert [p.code for p in wrong.value.problems] == ["same_file"]


@pytest.mark.parametrize(
    ("command", "source"),
    [(c, option) for c in (*FILES, *FOLDERS) for option in c.reads],
)
def test_an_input_that_is_not_there_is_told(tmp_path: Path, command: Command, source: str) -> None:
    before = lay(tmp_path, command)
    refused(run(command, tmp_path, **{source: "absent.json"}), tmp_path, before, source)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("keep", "utf-8")
    outputs: list[Output] = [
        OutputFile("--output", table, (".xlsx",)),
        OutputFile("--bad", tmp_path),
        OutputFile("--items", tmp_path / "none" / "i.csv"),
        OutputFolder("--cache", table),
        OutputFile("--findings", None),
    ]
    sources = [Source("TABLE", table), Source("--controls", None), Source("--key", tmp_path / "k")]
    with pytest.raises(InputError) as wrong:
        check_outputs("x", sources, outputs)
    assert [(p.field, p.code) for p in wrong.value.problems] == [
        ("--key", "input_missing"),
        ("--output", "output_format"),
        ("--output", "same_file"),
        ("--bad", "is_folder"),
        ("--items", "folder_missing"),
        ("--cache", "not_a_folder"),
        ("--cache", "same_output"),
    ]


def test_what_harms_nothing_is_allowed(tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    (cases / "a.json").write_text("keep", "utf-8")
    (tmp_path / "t.csv").write_text("keep", "utf-8")
    former = tmp_path / "out.xlsx"
    former.write_text("of the last run", "utf-8")
    sources = [Source("INPUT", cases, (".json",)), Source("TABLE", tmp_path / "t.csv")]
    outputs: list[Output] = [
        OutputFile("--output", former),
        OutputFile("--items", cases / "items.csv"),
        OutputFolder("--reports", cases / "reports", (".json",)),
        OutputFolder("--sheets", cases, (".html",)),
    ]
    check_outputs("x", sources, outputs)

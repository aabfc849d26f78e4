"""``zhibian link`` over a model folder made for the test."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.unit.linking.conftest import stump
from typer.testing import CliRunner, Result

from zhibian.cli.main import app
from zhibian.coding.terms.attributes import load_attributes
from zhibian.coding.terms.features import columns
from zhibian.coding.terms.load import CODE_SETS, target_codes
from zhibian.coding.terms.meaning import Labels
from zhibian.coding.terms.model import NAME, ranker_file
from zhibian.coding.terms.names import kind_of
from zhibian.coding.terms.types import Kind
from zhibian.training.link import write_labels, write_manifest

CODE_LIST = "K29.500\t慢性胃炎\t\t\nK29.100\t急性胃炎\nI10.x00x002\t高血压\n"
KINDS: tuple[Kind, ...] = ("diagnosis", "procedure")


@pytest.fixture
def models(tmp_path: Path, rules: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model whose rankers look for names that stand in the term."""
    folder = tmp_path / "models" / NAME
    folder.mkdir(parents=True)
    labels = Labels({"高血压": 0}, np.array([3.0], np.float32), np.full((1, 4), 0.5, np.float32))
    write_labels(labels, folder)
    for kind in KINDS:
        for encoder in (False, True):
            names = columns(load_attributes(rules).groups, meaning=encoder)
            trees = stump(names.index("contained"), 0.5)
            content = {"columns": names, "alone": trees, "beside": trees, "limit": 0.5}
            (folder / ranker_file(kind, encoder=encoder)).write_text(json.dumps(content))
    write_manifest(folder, {})
    monkeypatch.setenv("ZHIBIAN_MODELS", str(folder.parent))
    monkeypatch.setenv("ZHIBIAN_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def code_file(tmp_path: Path) -> Path:
    path = tmp_path / "codes.tsv"
    path.write_text(CODE_LIST, encoding="utf-8")
    return path


def run(*arguments: str, terms: str = "") -> Result:
    return CliRunner().invoke(app, ["link", *arguments], input=terms)


def test_each_line_gives_one_json_line(models: Path, code_file: Path) -> None:
    result = run(
        "--code-set-file", str(code_file), "--encoder", "off", terms="急性胃炎\n\n高血压慢性胃炎\n"
    )
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["term"] for line in lines] == ["急性胃炎", "", "高血压慢性胃炎"]
    assert [c["code"] for c in lines[0]["codes"]] == ["K29.100"]
    assert lines[0]["codes"][0]["name"] == "急性胃炎"
    assert 0.5 < lines[0]["codes"][0]["score"] <= 1
    assert lines[1]["codes"] == []
    assert {c["code"] for c in lines[2]["codes"]} == {"I10.x00x002", "K29.500"}
    assert {line["method"] for line in lines} == {"spelling"}


def test_a_code_set_of_the_terminology(models: Path) -> None:
    result = run("--code-set", "icd9cm3-nhsa-2.0", "--encoder", "off", terms="腹腔镜下胆囊切除术\n")
    assert "51.2300" in [c["code"] for c in json.loads(result.stdout)["codes"]]


def test_without_the_extra_it_links_by_spelling_and_says_so(
    models: Path, code_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zhibian.neural.onnx_encoder", None)
    result = run("--code-set-file", str(code_file), terms="高血压\n")
    assert json.loads(result.stdout)["method"] == "spelling"
    assert "zhibian[models]" in result.stderr
    refused = run("--code-set-file", str(code_file), "--encoder", "on")
    assert refused.exit_code == 2
    assert "onnxruntime" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--code-set-file"),
        (("--code-set", "icd10-nhsa-2.0", "--code-set-file", "x"), "只能指定一个"),
        (("--code-set", "icd11"), "icd10-nhsa-2.0"),
        (("--code-set-file", "absent.tsv"), "文件不存在"),
        (("--code-set", "icd10-nhsa-2.0", "--encoder", "maybe"), "auto"),
    ],
)
def test_wrong_options_are_refused(models: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_all_wrong_lines_of_a_code_file_are_told(models: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text("A00 霍乱\nA01\t伤寒\nA02\n", encoding="utf-8")
    result = run("--code-set-file", str(path))
    assert result.exit_code == 2
    assert "第 1 行" in result.stderr
    assert "第 3 行" in result.stderr


def test_an_absent_model_is_told(
    tmp_path: Path, code_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIBIAN_MODELS", str(tmp_path / "nowhere"))
    result = run("--code-set-file", str(code_file))
    assert result.exit_code == 2
    assert "ZHIBIAN_MODELS" in result.stderr


def test_a_model_of_other_attributes_is_refused(models: Path, code_file: Path) -> None:
    path = models / ranker_file("diagnosis", encoder=False)
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "columns": content["columns"][:-1]}))
    write_manifest(models, {})
    result = run("--code-set-file", str(code_file), "--encoder", "off")
    assert result.exit_code == 2
    assert "属性词表" in result.stderr


def test_an_altered_model_is_refused(models: Path, code_file: Path) -> None:
    path = models / ranker_file("diagnosis", encoder=False)
    path.write_text(path.read_text() + " ")
    result = run("--code-set-file", str(code_file), "--encoder", "off")
    assert result.exit_code == 2
    assert "sha256" in result.stderr


def test_a_line_of_another_encoding_is_told_after_those_before_it(
    models: Path, code_file: Path
) -> None:
    terms = "高血压\n".encode() * 200 + "胃炎\n".encode("gb18030")
    result = CliRunner().invoke(
        app, ["link", "--code-set-file", str(code_file), "--encoder", "off"], input=terms
    )
    assert result.exit_code == 2
    assert "第 201 行" in result.stderr
    assert "iconv" in result.stderr


def test_a_byte_order_mark_and_odd_characters_do_no_harm(models: Path, code_file: Path) -> None:
    terms = "\ufeff高血压\n\u3000\t \n\x00\U0001f600\ue06b\n" + "急性胃炎" * 500 + "\n"
    result = run("--code-set-file", str(code_file), "--encoder", "off", terms=terms)
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines[0]["term"] == "高血压"
    assert lines[1]["codes"] == []
    assert len(lines) == 4
    assert "第 4 行有 2,000 字" in result.stderr


@pytest.mark.parametrize("code_set", CODE_SETS)
def test_every_code_set_of_the_terminology_has_names(rules: Path, code_set: str) -> None:
    codes = target_codes(rules, code_set)
    assert len(codes) > 7000
    assert all(one.name and one.code for one in codes)
    kind = "procedure" if code_set.startswith("icd9") else "diagnosis"
    assert kind_of([one.code for one in codes]) == kind

"""A case without identifiers: one word for one person, dates moved, gold quotes still quotes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from zhibian.cli.main import app
from zhibian.problems import InputError
from zhibian.records.deidentify.apply import deidentify, new_id
from zhibian.records.deidentify.find import is_identity_number
from zhibian.records.deidentify.rules import load_rules
from zhibian.settings import Settings

KEY = b"sixteen bytes or"
CASE: dict[str, Any] = {
    "format": "zhibian-case/1",
    "id": "A17",
    "admission": {
        "sex": "男",
        "age": 75,
        "admitted": "2025-03-02 09:10",
        "discharged": "2025-03-11 10:00",
    },
    "documents": [
        {
            "type": "入院记录",
            "title": "入院记录",
            "time": "2025-03-02 10:20",
            "text": "患者王建国，男，75岁。03-02 入院。电话13812345678。",
        },
        {
            "type": "出院记录",
            "title": "出院记录",
            "time": "2025-03-11",
            "text": "王建国病情好转。记录者：吴芳",
        },
    ],
    "gold": {"principal": {"code": "J18.900", "evidence": "王建国病情好转", "document": 1}},
}


def test_one_word_stands_for_one_person_in_all_documents() -> None:
    result = deidentify(CASE, load_rules(Settings().rules), KEY)
    texts = [document["text"] for document in result.case["documents"]]
    assert texts[0].startswith("患者［姓名1］，男，75岁。")
    assert texts[1] == "［姓名1］病情好转。记录者：［姓名2］"
    assert result.replaced == {"name": 3, "phone": 1}


def test_nothing_that_identifies_is_left_and_quotes_stay_quotes() -> None:
    result = deidentify(CASE, load_rules(Settings().rules), KEY)
    written = json.dumps(result.case, ensure_ascii=False)
    for secret in ("王建国", "吴芳", "13812345678", "A17", "2025-03-02"):
        assert secret not in written
    gold = result.case["gold"]["principal"]
    assert gold["evidence"] in result.case["documents"][gold["document"]]["text"]


def test_stay_keeps_its_length_and_the_original_is_not_changed() -> None:
    before = json.dumps(CASE, ensure_ascii=False)
    stay = deidentify(CASE, load_rules(Settings().rules), KEY).case["admission"]
    assert stay["admitted"][8:10] != "02" or stay["admitted"][:7] != "2025-03"
    assert (int(stay["discharged"][11:13]), stay["admitted"][11:]) == (10, "09:10")
    assert json.dumps(CASE, ensure_ascii=False) == before


def test_identifiers_differ_by_key() -> None:
    assert new_id(KEY, "A17") != new_id(b"another key here", "A17")
    assert new_id(KEY, "A17") == new_id(KEY, "A17")


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("11010519491231002X", True),
        ("110105194912310021", False),
        ("11010519491331002X", False),
        ("1101051949123100", False),
    ],
)
def test_identity_number(number: str, *, valid: bool) -> None:
    assert is_identity_number(number) is valid


def test_command_writes_good_cases_and_tells_bad_ones(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(CASE, ensure_ascii=False), encoding="utf-8")
    (folder / "b.json").write_text('{"id": "王建国"}', encoding="utf-8")
    key = tmp_path / "key"
    key.write_bytes(KEY)
    out = tmp_path / "out"
    result = CliRunner().invoke(
        app, ["deidentify", str(folder), "-o", str(out), "--key-file", str(key)]
    )
    assert result.exit_code == 2
    assert "1 例已写入" in result.output
    assert "王建国" not in result.output
    assert [file.name for file in out.iterdir()] == [f"{new_id(KEY, 'A17')}.json"]


def test_short_key_and_broken_rules_are_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    arguments = [str(tmp_path), "-o", str(tmp_path / "o"), "--key-file", str(tmp_path / "key")]
    result = CliRunner().invoke(app, ["deidentify", *arguments])
    assert result.exit_code == 2
    assert "16 字节" in result.output
    (tmp_path / "deidentify").mkdir()
    (tmp_path / "deidentify" / "patterns.yaml").write_text("format: other\n")
    (tmp_path / "deidentify" / "surnames.txt").write_text("王\n")
    with pytest.raises(InputError):
        load_rules(tmp_path)

"""The published JSON Schemas: equal to the types, documented, and kept by every report.

After a change of the types, write the files anew::

    zhibian schema case > src/zhibian/schemas/case.schema.json
    zhibian schema report > src/zhibian/schemas/report.schema.json
    zhibian schema what-if > src/zhibian/schemas/what-if.schema.json
    zhibian schema results > src/zhibian/schemas/results.schema.json
    zhibian schema experiment > src/zhibian/schemas/experiment.schema.json
    zhibian schema task > src/zhibian/schemas/task.schema.json
    zhibian schema dataset > src/zhibian/schemas/dataset.schema.json
    zhibian schema answers > src/zhibian/schemas/answers.schema.json
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from zhibian.cli import code as code_module
from zhibian.cli.main import app
from zhibian.cli.schema import FORMATS, json_schema
from zhibian.records.case_json import Limits
from zhibian.records.field_record import case_from_fields
from zhibian.review.report import CaseReport
from zhibian.review.reviewer import Reviewer

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "src" / "zhibian" / "schemas"
LIMITS = Limits(document_chars=1_000_000, file_bytes=8_000_000)
OWN_CASES = sorted(
    path
    for folder in (ROOT / "examples", ROOT / "tests" / "cases" / "records")
    for path in folder.glob("*.json")
)


def published(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(published("report"))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_published_file_equals_the_types(name: str) -> None:
    assert published(name) == json_schema(name)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_published_file_is_what_the_command_prints(name: str) -> None:
    printed = CliRunner().invoke(app, ["schema", name])
    assert (SCHEMAS / f"{name}.schema.json").read_text("utf-8") == printed.stdout


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_schemas_are_sound(name: str) -> None:
    Draft202012Validator.check_schema(published(name))


def test_every_field_of_a_case_is_described() -> None:
    schema = published("case")
    types = {"Case": schema, **schema["$defs"]}
    bare = [
        f"{type_name}.{field}"
        for type_name, definition in types.items()
        for field, told in definition.get("properties", {}).items()
        if not told.get("description", "").strip()
    ]
    assert bare == []


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_type_is_described(name: str) -> None:
    schema = published(name)
    assert schema["description"]
    assert [key for key, told in schema["$defs"].items() if not told.get("description")] == []
    undescribed = [
        f"{key}.{field}"
        for key, told in {**schema["$defs"], name: schema}.items()
        for field, entry in told.get("properties", {}).items()
        if field != "format" and not entry.get("description")
    ]
    assert undescribed == []


def test_reports_are_closed_and_cases_are_open() -> None:
    # A reader of cases warns of fields it does not know; a report has none that are undocumented.
    report = published("report")
    closed = [report, *report["$defs"].values()]
    assert all(told["additionalProperties"] is False for told in closed if "properties" in told)
    case = published("case")
    assert all("additionalProperties" not in told for told in (case, *case["$defs"].values()))


def test_the_gold_block_is_no_part_of_a_case() -> None:
    assert "gold" not in published("case")["properties"]


def run_cli(
    path: Path, output: Path, reviewer: Reviewer, monkeypatch: pytest.MonkeyPatch
) -> list[dict[str, Any]]:
    """Review a file or folder with ``zhibian code`` and return the reports it wrote."""
    monkeypatch.setattr(code_module, "load_reviewer", lambda *_: reviewer)
    result = CliRunner().invoke(app, ["code", str(path), "--output", str(output)])
    assert result.exit_code == 0, result.stderr
    return [json.loads(file.read_text("utf-8")) for file in sorted(output.glob("*.json"))]


def evidence(value: object) -> Iterator[dict[str, Any]]:
    """Yield every quotation anywhere in a report."""
    if isinstance(value, dict):
        if "quote" in value:
            yield value
        for inner in value.values():
            yield from evidence(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from evidence(inner)


def check_report(
    report: dict[str, Any], texts: Sequence[str], validator: Draft202012Validator
) -> None:
    problems = [f"{list(bad.path)}: {bad.message}" for bad in validator.iter_errors(report)]
    assert problems == []
    assert CaseReport.model_validate(report).model_dump(mode="json") == report
    for quotation in evidence(report):
        text = texts[quotation["document"]]
        assert text[quotation["start"] : quotation["end"]] == quotation["quote"]
        assert quotation["quote"].strip()
    proposed = [*report["others"], *report["procedures"]]
    if report["principal"] is not None:
        proposed.append(report["principal"])
    for entry in proposed:
        assert entry["evidence"], f"{entry['code']} is proposed without evidence"
    assert len({entry["code"] for entry in report["others"]}) == len(report["others"])


@pytest.mark.parametrize("path", OWN_CASES, ids=[path.name for path in OWN_CASES])
def test_reports_of_shipped_records(
    path: Path,
    tmp_path: Path,
    reviewer: Reviewer,
    validator: Draft202012Validator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = json.loads(path.read_text("utf-8"))
    assert [bad.message for bad in Draft202012Validator(published("case")).iter_errors(raw)] == []
    (report,) = run_cli(path, tmp_path / "out", reviewer, monkeypatch)
    assert report["id"] == raw["id"]
    check_report(report, [document["text"] for document in raw["documents"]], validator)


def test_reports_of_the_sample_cases(
    shared: Path,
    tmp_path: Path,
    reviewer: Reviewer,
    validator: Draft202012Validator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = shared / "data" / "sample_cases"
    cases = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    texts = {case["id"]: [document["text"] for document in case["documents"]] for case in cases}
    reports = run_cli(folder, tmp_path, reviewer, monkeypatch)
    assert len(cases) == 24
    assert {report["id"] for report in reports} == set(texts)
    for report in reports:
        check_report(report, texts[report["id"]], validator)
        assert report["grouping"]["filed"] is not None
        assert report["deviation"] is not None


def test_reports_of_field_by_field_records(
    shared: Path,
    tmp_path: Path,
    reviewer: Reviewer,
    validator: Draft202012Validator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = shared / "data" / "ccl25_task8" / "train_fulltext_150.json"
    records = json.loads(path.read_text("utf-8"))
    cases = [case_from_fields(record, path.name, LIMITS).case for record in records]
    texts = {case.id: [document.text for document in case.documents] for case in cases}
    reports = run_cli(path, tmp_path, reviewer, monkeypatch)
    assert len(cases) == 150
    assert {report["id"] for report in reports} == set(texts)
    for report in reports:
        check_report(report, texts[report["id"]], validator)
        assert report["grouping"]["filed"] is None
        assert report["deviation"] is None
    # Each record names its diseases; one that yields no principal is the exception.
    assert sum(report["principal"] is None for report in reports) <= 5


def test_answers_to_what_if_keep_their_schema() -> None:
    validator = Draft202012Validator(published("what-if"))
    stay = ["--sex", "1", "--age", "40", "--to", "none", "--format", "json"]
    codes = ["--principal", "C92.001", "--other", "A41.900", "--procedure", "96.7201"]
    result = CliRunner().invoke(
        app, ["what-if", *codes, *stay, "--code-set", "clinical-2.0", "--add-diagnosis", "J96.000"]
    )
    told = json.loads(result.stdout)
    assert [error.message for error in validator.iter_errors(told)] == []
    assert told["conversions"]
    assert told["alternatives"]
    assert told["sensitivity"]["diagnoses"]

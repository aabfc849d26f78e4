"""``zhibian code`` and its neighbours, run in this process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

import zhibian
from zhibian.cli import code as code_module
from zhibian.cli import evaluate as evaluate_module
from zhibian.cli.main import app
from zhibian.records.types import Case
from zhibian.review.pipeline import review
from zhibian.review.report import CaseReport
from zhibian.review.reviewer import Reviewer, load_reviewer

MARKER = "甲乙丙丁"


def a_case(id: str = "T-001", **change: Any) -> dict[str, Any]:
    case = {
        "id": id,
        "admission": {
            "sex": "女",
            "age": 58,
            "admitted": "2025-03-02 09:10",
            "discharged": "2025-03-11 10:00",
        },
        "documents": [
            {"type": "入院记录", "title": "入院记录", "text": "初步诊断：社区获得性肺炎"},
            {
                "type": "出院记录",
                "title": "出院记录",
                "text": "诊疗经过：予抗感染治疗后好转。\n出院诊断：1.社区获得性肺炎 2.高血压3级",
            },
        ],
        "coded_front_page": {
            "principal": {"code": "J15.902", "name": "社区获得性肺炎", "poa": "1"},
            "others": [],
            "procedures": [],
        },
    }
    return {**case, **change}


def write(folder: Path, name: str, content: object) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


Run = Callable[..., Result]


@pytest.fixture
def run(reviewer: Reviewer, rules: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a runner of ``zhibian`` that loads the rules once for all tests."""

    def load(folder: Path, scheme: str, tariff: str, variant: str | None) -> Reviewer:
        if (folder, scheme, tariff) == (rules, "chs-drg-1.1", "linyi-2022"):
            if variant is None:
                return reviewer
            if reviewer.tariff is not None and variant in reviewer.tariff.rates:
                return replace(reviewer, variant=variant)
        return load_reviewer(folder, scheme, tariff, variant)

    monkeypatch.setattr(code_module, "load_reviewer", load)
    monkeypatch.setattr(evaluate_module, "load_reviewer", load)
    runner = CliRunner(env={"COLUMNS": "160", "TERM": "dumb"})

    def invoke(*arguments: object) -> Result:
        return runner.invoke(app, [str(argument) for argument in arguments])

    return invoke


def test_one_case_is_shown_as_text(run: Run, tmp_path: Path) -> None:
    # Models tell once when names are not encoded yet, which hangs on the machine.
    result = run("code", write(tmp_path, "case.json", a_case()), "--models", "off")
    assert result.exit_code == 0
    for words in ("病例 T-001", "建议诊断", "J15.902", "入院病情", "支付偏差", "chs-drg-1.1"):
        assert words in result.stdout
    assert result.stderr == ""


def test_one_case_as_json_is_a_report_on_one_line(run: Run, tmp_path: Path) -> None:
    result = run("code", write(tmp_path, "case.json", a_case()), "--format", "json")
    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    report = CaseReport.model_validate(json.loads(line))
    assert report.id == "T-001"
    assert report.principal is not None
    assert report.principal.code == "J15.902"
    assert [missed.code for missed in report.flags.missed] == ["I10.x05"]


def test_output_holds_a_report_for_each_case(run: Run, tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    write(cases, "a.json", a_case("A"))
    write(cases, "b.json", [a_case("B1"), a_case("B2")])
    output = tmp_path / "deep" / "out"
    result = run("code", cases, "--output", output)
    assert result.exit_code == 0
    assert sorted(path.name for path in output.iterdir()) == ["A.json", "B1.json", "B2.json"]
    for path in output.iterdir():
        report = CaseReport.model_validate_json(path.read_text("utf-8"))
        assert report.id == path.stem
    assert "共 3 例：完成 3 例，未完成 0 例" in result.stderr


def bad_folder(tmp_path: Path) -> Path:
    cases = tmp_path / "cases"
    write(cases, "01-good.json", a_case("GOOD-1"))
    (cases / "02-empty.json").write_bytes(b"")
    (cases / "03-gbk.json").write_bytes(json.dumps(a_case(), ensure_ascii=False).encode("gbk"))
    (cases / "04-broken.json").write_text('{"id": ', "utf-8")
    write(cases, "05-fields.json", a_case("T-5", admission={"age": "58岁"}))
    write(cases, "06-list.json", [a_case("GOOD-2"), a_case("T-6", documents=[])])
    (cases / "07-large.json").write_bytes(b'"' + b"x" * 10_000_000 + b'"')
    write(cases, "08-good.json", a_case("GOOD-3"))
    (cases / "09-folder.json").mkdir()
    (cases / "notes.txt").write_text("not a case", "utf-8")
    return cases


def test_a_folder_run_goes_on_past_bad_files(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "out"
    result = run("code", bad_folder(tmp_path), "--output", output)
    assert result.exit_code == 2
    assert "共 10 例：完成 3 例，未完成 7 例" in result.stderr
    names = {path.name for path in output.iterdir()}
    assert names == {"GOOD-1.json", "GOOD-2.json", "GOOD-3.json", "_problems.json"}
    told = json.loads((output / "_problems.json").read_text("utf-8"))
    codes = {row["source"]: {p["code"] for p in row["problems"]} for row in told}
    assert codes == {
        "02-empty.json": {"file_empty"},
        "03-gbk.json": {"not_utf8"},
        "04-broken.json": {"not_json"},
        "05-fields.json": {"sex_missing", "age_invalid"},
        "06-list.json[1]": {"documents_invalid"},
        "07-large.json": {"file_too_large"},
        "09-folder.json": {"file_unreadable"},
    }
    for source in codes:
        assert f"{source}：" in result.stderr


def test_each_problem_on_screen_has_field_and_remedy(run: Run, tmp_path: Path) -> None:
    case = a_case("T-1", admission={"sex": "女", "age": "58岁"})
    result = run("code", write(tmp_path, "case.json", case))
    assert result.exit_code == 2
    assert "case.json：1 个问题" in result.stderr
    assert "admission.age：不是整数。处理：填写周岁整数" in result.stderr
    assert "共 1 例：完成 0 例，未完成 1 例" in result.stderr


def test_a_later_clean_run_removes_the_old_problem_list(run: Run, tmp_path: Path) -> None:
    cases, output = tmp_path / "cases", tmp_path / "out"
    bad = write(cases, "bad.json", {"id": "T-2"})
    write(cases, "good.json", a_case())
    assert run("code", cases, "--output", output).exit_code == 2
    assert (output / "_problems.json").exists()
    bad.unlink()
    assert run("code", cases, "--output", output).exit_code == 0
    assert not (output / "_problems.json").exists()


def test_a_repeated_case_id_never_overwrites_a_result(run: Run, tmp_path: Path) -> None:
    cases, output = tmp_path / "cases", tmp_path / "out"
    write(cases, "a.json", a_case("SAME"))
    other = a_case("SAME", documents=[{"type": "出院记录", "text": "出院诊断：急性阑尾炎"}])
    write(cases, "b.json", other)
    result = run("code", cases, "--output", output)
    assert result.exit_code == 2
    report = CaseReport.model_validate_json((output / "SAME.json").read_text("utf-8"))
    assert report.principal is not None
    assert report.principal.code == "J15.902"
    assert "病例标识与 a.json 相同，未覆盖已写结果" in result.stderr
    assert "共 2 例：完成 1 例，未完成 1 例" in result.stderr


def test_results_never_replace_their_input(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "cases", "T-001.json", a_case("T-001"))
    before = path.read_bytes()
    for given in (path, path.parent):
        result = run("code", given, "--output", path.parent)
        assert result.exit_code == 2
        assert "--output" in result.stderr
        assert path.read_bytes() == before


def test_a_case_may_not_take_the_name_of_the_problem_list(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "out"
    path = write(tmp_path, "case.json", a_case("_problems"))
    result = run("code", path, "--output", output)
    assert result.exit_code == 2
    told = json.loads((output / "_problems.json").read_text("utf-8"))
    assert [row["source"] for row in told] == ["case.json"]


def test_an_output_that_is_a_file_is_refused(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path, "case.json", a_case())
    target = tmp_path / "out"
    target.write_text("keep", "utf-8")
    result = run("code", path, "--output", target)
    assert result.exit_code == 2
    assert "--output" in result.stderr
    assert target.read_text("utf-8") == "keep"


def test_a_program_error_in_one_case_does_not_stop_the_others(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = tmp_path / "cases"
    write(cases, "a.json", a_case("BUG"))
    write(cases, "b.json", a_case("GOOD"))

    def fails_on_one(read: Any, reviewer: Reviewer) -> CaseReport:
        if read.case.id == "BUG":
            raise RuntimeError(MARKER)
        return review(read, reviewer)

    monkeypatch.setattr(code_module, "review", fails_on_one)
    result = run("code", cases, "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert (tmp_path / "out" / "GOOD.json").exists()
    assert "处理本例时程序出错（RuntimeError）" in result.stderr
    assert MARKER not in result.output


def test_patient_text_never_stands_in_a_refusal(run: Run, tmp_path: Path) -> None:
    case = a_case("T-1", admission={"sex": MARKER, "age": MARKER, "admitted": MARKER})
    case["documents"] = [{"type": "出院记录", "title": MARKER, "text": [MARKER]}]
    case["coded_front_page"] = {"principal": {"code": MARKER, "name": MARKER}, "others": [MARKER]}
    case[MARKER[:1]] = MARKER
    result = run("code", write(tmp_path, "case.json", case))
    assert result.exit_code == 2
    assert MARKER not in result.output


def table_in(folder: Path) -> Path:
    path = folder / "pages.csv"
    path.write_text("id,sex\n1,1\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "none.json", "没有这个文件或文件夹"),
        (table_in, "是表格"),
        (lambda folder: folder, "文件夹中没有病例文件"),
    ],
)
def test_paths_without_cases(
    run: Run, tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    result = run("code", make(tmp_path))
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize(
    ("option", "value", "listed"),
    [
        ("--scheme", "chs-drg-9", "chs-drg-1.1"),
        ("--tariff", "nowhere-2020", "linyi-2022"),
        ("--variant", "四级", "三级职工"),
    ],
)
def test_an_unknown_choice_lists_the_available_ones(
    run: Run, tmp_path: Path, option: str, value: str, listed: str
) -> None:
    result = run("code", write(tmp_path, "case.json", a_case()), option, value)
    assert result.exit_code == 2
    assert listed in result.stderr
    assert result.stdout == ""


def test_a_tariff_of_another_scheme_is_refused(run: Run, tmp_path: Path, rules: Path) -> None:
    own = tmp_path / "rules"
    shutil.copytree(rules / "tariffs", own / "tariffs")
    shutil.copytree(rules / "chs-drg", own / "chs-drg")
    about = own / "tariffs" / "linyi-2022" / "tariff.yaml"
    text = about.read_text("utf-8").replace("scheme: chs-drg-1.1", "scheme: chs-drg-1.0")
    about.write_text(text, "utf-8")
    result = run("code", write(tmp_path, "case.json", a_case()), "--rules", own)
    assert result.exit_code == 2
    assert "支付标准 linyi-2022 适用于分组方案 chs-drg-1.0，不适用于 chs-drg-1.1" in result.stderr


def test_a_scheme_without_a_tariff_is_grouped_without_payment(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path, "case.json", a_case())
    refused = run("code", path, "--scheme", "chs-drg-2.0")
    assert refused.exit_code == 2
    assert "--tariff none" in refused.stderr
    result = run("code", path, "--scheme", "chs-drg-2.0", "--tariff", "none", "--format", "json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["grouping"]["proposed"]["drg"]
    assert report["grouping"]["proposed"]["payment"] is None
    assert report["deviation"] is None
    assert report["versions"]["tariff"] is None
    shown = run("code", path, "--scheme", "chs-drg-2.0", "--tariff", "none")
    assert "未使用支付标准" in shown.stdout


def test_other_variants_price_the_same_group_otherwise(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path, "case.json", a_case())
    amounts = {}
    for variant in ("三级职工", "二级居民"):
        result = run("code", path, "--format", "json", "--variant", variant)
        assert result.exit_code == 0
        proposed = json.loads(result.stdout)["grouping"]["proposed"]
        assert proposed["payment"]["variant"] == variant
        amounts[variant] = proposed["payment"]["amount"]
    assert amounts["三级职工"] > amounts["二级居民"] > 0


def test_warnings_are_shown_with_the_review(run: Run, tmp_path: Path) -> None:
    case = a_case(remark="x")
    case["coded_front_page"]["others"] = [{"code": "I10.x05"}, {"code": "I10.x05"}]
    result = run("code", write(tmp_path, "case.json", case))
    assert result.exit_code == 0
    assert "remark：格式中没有这一项，已忽略" in result.stdout
    assert "coded_front_page.others[1].code：其他诊断重复" in result.stdout


def test_a_case_without_a_stay_is_coded_but_not_grouped(run: Run, tmp_path: Path) -> None:
    result = run("code", write(tmp_path, "case.json", a_case(admission=None)), "--format", "json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["principal"]["code"] == "J15.902"
    assert report["grouping"]["proposed"]["status"] == "invalid"
    assert report["grouping"]["proposed"]["drg"] is None


# --- the other commands -----------------------------------------------------------------------


def test_help_lists_every_command(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    for command in ("code", "group", "evaluate", "schema", "rules", "terminology", "tariffs"):
        assert command in result.stdout


def test_version(run: Run) -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout == f"zhibian {zhibian.__version__}\n"


@pytest.mark.parametrize(("name", "model"), [("case", Case), ("report", CaseReport)])
def test_schema(run: Run, name: str, model: type[Case] | type[CaseReport]) -> None:
    result = run("schema", name)
    assert result.exit_code == 0
    schema = json.loads(result.stdout)
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["properties"]) == set(model.model_fields)


def test_schema_of_an_unknown_format(run: Run) -> None:
    assert run("schema", "invoice").exit_code == 2


def gold() -> dict[str, Any]:
    return {
        "principal": {"code": "J15.902"},
        "others": [{"code": "I10.x05"}],
        "procedures": [],
        "drg_1_1": "ES35",
        "must_not": [{"code_family": "J96"}],
    }


def test_evaluate_prints_every_figure(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "a.json", a_case("A", gold=gold()))
    write(tmp_path, "b.json", a_case("B", gold={**gold(), "principal": {"code": "K35.900"}}))
    write(tmp_path, "without.json", a_case("C"))
    result = run("evaluate", tmp_path, "--draws", 100)
    assert result.exit_code == 0
    assert "n = 2 例" in result.stdout
    assert "例/秒" in result.stdout
    rows = {
        cells[0].strip(): cells[1].strip()
        for line in result.stdout.splitlines()
        if len(cells := line.strip(" │┃").split("│")) == 2
    }
    assert rows["principal exact"].startswith("0.500 (")
    assert rows["others F1"].startswith("1.000 (")
    assert rows["must-not families"].startswith("0.000 (")


def test_evaluate_compares_systems_by_category_as_json(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "a.json", a_case("A", gold=gold()))
    result = run("evaluate", tmp_path, "--draws", 100, "--compare", "--format", "json")
    content = json.loads(result.stdout)
    assert content["n"] == 1
    assert [system["system"] for system in content["systems"][:2]] == ["dictionary", "+ rules"]
    by_rules = content["systems"][1]
    assert by_rules["figures"]["principal exact"]["value"] == 1.0
    assert by_rules["by_mdc"]["E"]["n"] == 1
    assert sum(row["n"] for row in by_rules["reliability"]) == 2
    assert "MDC" in run("evaluate", tmp_path, "--draws", 100, "--by-mdc").stdout


def test_a_record_written_as_yaml_is_read_like_json(run: Run, tmp_path: Path) -> None:
    case = a_case("A", gold=gold())
    as_json = run("code", write(tmp_path, "a.json", case), "--format", "json")
    (tmp_path / "y").mkdir()
    path = tmp_path / "y" / "a.yaml"
    path.write_text(yaml.safe_dump(case, allow_unicode=True), encoding="utf-8")
    assert run("code", path, "--format", "json").stdout == as_json.stdout
    assert run("evaluate", path.parent, "--pattern", "a*", "--draws", 100).exit_code == 0
    assert run("evaluate", path.parent, "--pattern", "b*", "--draws", 100).exit_code == 2


@pytest.mark.parametrize(
    "text", ["a: &x [1]\nb: *x\n", "[" * 60 + "]" * 60, "a: [1\nb: 2\n", "a: \x01\n"]
)
def test_yaml_that_is_refused_names_the_place_and_not_the_text(
    text: str, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(f"秘密患者: 张三\n{text}" if text[0] == "a" else text, encoding="utf-8")
    result = run("code", path)
    assert result.exit_code == 2
    assert "YAML" in result.stderr
    assert "张三" not in result.stderr


def test_evaluate_without_gold_blocks(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "a.json", a_case("A"))
    result = run("evaluate", tmp_path)
    assert result.exit_code == 2
    assert "没有含 gold 块的病例" in result.stderr


def test_the_gold_block_changes_nothing_in_a_review(run: Run, tmp_path: Path) -> None:
    plain = run("code", write(tmp_path, "a.json", a_case("A")), "--format", "json")
    gilded = run("code", write(tmp_path, "b.json", a_case("A", gold=gold())), "--format", "json")
    assert plain.stdout == gilded.stdout

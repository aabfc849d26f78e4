"""Questions to the clinician: neutral wording, and sheets that are printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from zhibian.cli.main import app
from zhibian.problems import InputError
from zhibian.quality.evidence import load_conditions
from zhibian.records.types import Admission
from zhibian.review.report import VersionsOut
from zhibian.screening.queries.questions import TABLE, QuestionRules, load_question_rules
from zhibian.screening.queries.sheet import QuerySheet, query_sheet, to_html
from zhibian.screening.queries.word import write_docx

QUOTE = "《主任查房记录》·病程“血培养<大肠埃希菌>”"
VERSIONS = VersionsOut(
    zhibian="0.1.0",
    scheme="chs-drg-1.1",
    tariff="linyi-2022",
    diagnosis_codes="icd10-nhsa-2.0",
    procedure_codes="icd9cm3-nhsa-2.0",
)


@pytest.fixture(scope="module")
def questions(rules: Path) -> QuestionRules:
    return load_question_rules(rules)


@pytest.fixture
def sheet(questions: QuestionRules) -> QuerySheet:
    stay = Admission.model_validate(
        {
            "sex": "男",
            "age": 60,
            "admitted": "2026-01-03 10:00",
            "discharged": "2026-01-12 09:00",
            "department": "感染科",
        }
    )
    asked = [
        questions.ask("unsupported", "J96.000", (QUOTE,), name="急性呼吸衰竭"),
        questions.ask("unmentioned", "N17.900", (), name="急性肾衰竭"),
    ]
    return query_sheet("Z9", stay, asked, VERSIONS)


def test_no_condition_asks_of_payment_or_leaves_one_answer(
    rules: Path, questions: QuestionRules
) -> None:
    for condition in load_conditions(rules):
        said = condition.question.format(topic=condition.topic, indicators="")
        assert not list(questions.faults(condition.id, said, condition.options)), condition.id


@pytest.mark.parametrize("kind", ["unsupported", "unmentioned", "procedure", "missed", "entry"])
def test_every_question_can_be_answered_otherwise(kind: str, questions: QuestionRules) -> None:
    asked = questions.ask(kind, "X", (QUOTE,), name="某诊断")
    assert len(asked.options) >= 3
    assert any("其他" in option for option in asked.options)
    assert any("无法确定" in option for option in asked.options)


def test_a_question_quotes_the_record(questions: QuestionRules) -> None:
    asked = questions.ask("unsupported", "J96.000", (QUOTE,), name="急性呼吸衰竭")
    assert QUOTE in asked.text
    assert QUOTE not in asked.brief
    assert asked.draft().count("□") == len(asked.options)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (
            {"question": "首页填报了“{name}”，影响医保支付，请明确。{quotes}"},
            "query_word_forbidden",
        ),
        ({"options": ["存在该诊断"]}, "query_options_few"),
        ({"options": ["存在", "不存在", "其他"]}, "query_not_open"),
    ],
)
def test_wording_that_leads_is_refused(
    change: dict[str, object], code: str, rules: Path, tmp_path: Path
) -> None:
    raw = yaml.safe_load((rules / TABLE).read_text("utf-8"))
    raw["questions"]["unsupported"].update(change)
    copy = tmp_path / TABLE
    copy.parent.mkdir()
    copy.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_question_rules(tmp_path)
    assert code in {problem.code for problem in refused.value.problems}


def test_the_printed_page_is_whole_and_escaped(sheet: QuerySheet, questions: QuestionRules) -> None:
    page = to_html([sheet, sheet], questions)
    assert page.count("<h1>") == 2
    assert "血培养&lt;大肠埃希菌&gt;" in page
    assert "2026-01-03 至 2026-01-12" in page
    assert page.count(questions.labels["signature"]) == 4
    assert "icd10-nhsa-2.0" in page
    assert not re.search(r"(?:src|href)=|url\(|<script", page), "loads nothing"


def test_no_word_of_payment_is_on_a_sheet(sheet: QuerySheet, questions: QuestionRules) -> None:
    words = re.sub(r"<style>.*?</style>|<[^>]+>", " ", to_html([sheet], questions), flags=re.S)
    assert not [word for word in questions.forbidden if word in words]


def test_the_word_document_says_the_same(
    sheet: QuerySheet, questions: QuestionRules, tmp_path: Path
) -> None:
    docx = pytest.importorskip("docx")
    write_docx(tmp_path / "q.docx", [sheet, sheet], questions)
    written = docx.Document(str(tmp_path / "q.docx"))
    said = "\n".join(paragraph.text for paragraph in written.paragraphs)
    assert QUOTE in said
    for question in sheet.questions:
        assert question.brief in said
        assert all(option in said for option in question.options)
    assert said.count(questions.labels["signature"]) == 4
    assert len(written.tables) == 4


def test_the_command_writes_a_sheet_a_case_and_tells_what_it_cannot_read(tmp_path: Path) -> None:
    records = Path(__file__).parents[2] / "cases" / "records"
    cases = tmp_path / "cases"
    cases.mkdir()
    for name in ("H01.json", "H03.json", "N02.yaml"):
        (cases / name).write_bytes((records / name).read_bytes())
    (cases / "bad.json").write_text("{", encoding="utf-8")
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["queries", str(cases), "-o", str(out)])
    assert result.exit_code == 2
    assert "共 4 例" in result.stderr
    sheets = sorted(path.name for path in out.iterdir())
    assert sheets == ["H03.html", "N02.html"]
    whole = CliRunner().invoke(app, ["queries", str(cases), "-o", str(out), "--one-file"])
    assert whole.exit_code == 2
    assert (out / "queries.html").read_text("utf-8").count("<h1>") == len(sheets)

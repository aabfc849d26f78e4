"""What a wording means is decided by the place where it stands and by what the record tells."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from zhibian.coding.coder import propose
from zhibian.coding.in_context import COLUMNS, TABLE, Senses, load_senses
from zhibian.documents.normalise import normalise
from zhibian.documents.reader import read_documents
from zhibian.problems import InputError
from zhibian.records.types import Admission, Case, Document
from zhibian.review.reviewer import Reviewer


@pytest.fixture(scope="module")
def senses(request: pytest.FixtureRequest) -> Senses:
    return load_senses(request.getfixturevalue("rules"))


def table(rules: Path) -> list[dict[str, str]]:
    with (rules / TABLE).open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        assert tuple(reader.fieldnames or ()) == COLUMNS
        return list(reader)


def codes(reviewer: Reviewer, text: str, department: str | None = None) -> set[str]:
    admission = Admission.model_validate(
        {"sex": "女", "age": 50, "department": department, "admitted": "2025-03-01 09:00"}
    )
    documents = (Document(type="出院记录", text=text),)
    case = Case(id="invented", admission=admission, documents=documents)
    proposal = propose(
        case, read_documents(documents, reviewer.knowledge.lexicon), reviewer.knowledge
    )
    found = [proposal.principal, *proposal.others]
    return {diagnosis.code for diagnosis in found if diagnosis is not None}


def test_codes_exist_under_their_official_name_and_are_not_grey(rules: Path) -> None:
    official = rules / "terminology" / "icd10-nhsa-2.0.csv"
    with official.open(encoding="utf-8", newline="") as lines:
        filed = {row["code"]: row["name"] for row in csv.DictReader(lines) if row["grey"] == "0"}
    assert [row for row in table(rules) if filed.get(row["code"]) != row["name"]] == []


def test_a_wording_has_each_meaning_once_and_in_one_kind_of_place(senses: Senses) -> None:
    for wording, meanings in senses.items():
        assert len({meaning.code for meaning in meanings}) == len(meanings), wording
        assert wording == normalise(wording)


def test_a_wording_without_condition_has_one_meaning(senses: Senses) -> None:
    unconditional = {
        wording: [m for m in meanings if not m.words and not m.departments]
        for wording, meanings in senses.items()
    }
    assert [w for w, meanings in unconditional.items() if len(meanings) > 1] == []


def test_what_the_dictionary_knows_is_decided_everywhere_or_not_at_all(
    rules: Path, senses: Senses, reviewer: Reviewer
) -> None:
    """Elsewhere in the record the word would keep its usual code, and there would be two."""
    terms = reviewer.knowledge.diagnosis_words.terms.terms
    wrong = [
        wording
        for wording, meanings in senses.items()
        if wording in terms
        and any(m.place != "anywhere" for m in meanings)
        and terms[wording].codes != (meanings[0].code,)
    ]
    assert wrong == []


def test_an_unknown_place_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / TABLE.parent
    folder.mkdir(parents=True)
    (tmp_path / TABLE).write_text(
        ",".join(COLUMNS) + "\nAS,M45.x00,强直性脊柱炎,somewhere,,\n", encoding="utf-8"
    )
    with pytest.raises(InputError):
        load_senses(tmp_path)


def test_an_absent_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load_senses(tmp_path)


@pytest.mark.parametrize(
    ("department", "text", "code"),
    [
        ("心血管内科", "出院诊断：1.AS（重度） 2.高血压", "I35.000"),
        ("风湿免疫科", "诊疗经过：骶髂关节炎，HLA-B27阳性。\n出院诊断：1.AS 2.高血压", "M45.x00"),
        ("风湿免疫科", "出院诊断：1.RA 2.高血压", "M06.900"),
        (None, "诊疗经过：淀粉酶、脂肪酶升高。\n出院诊断：1.ABP（轻症） 2.高血压", "K85.101"),
        (None, "诊疗经过：胸痛，冠脉造影正常。\n出院诊断：1.SAP 2.高血压", "I20.801"),
        (None, "诊疗经过：胰腺肿胀、渗出。\n出院诊断：1.SAP 2.高血压", "K85.902"),
        (None, "出院诊断：1.高血压 2.低蛋白、腔梗", "E77.801"),
        (None, "出院诊断：1.高血压 2.低蛋白、腔梗", "I63.801"),
        (None, "诊疗经过：车祸致左胸痛。\n出院诊断：1.左侧多发肋骨骨折 2.左血胸", "S27.100"),
        (None, "诊疗经过：突发头痛。\n出院诊断：1.SAH 2.高血压", "I60.900x006"),
    ],
)
def test_the_record_decides(
    reviewer: Reviewer, department: str | None, text: str, code: str
) -> None:
    assert code in codes(reviewer, text, department)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # a measured pressure, chambers of the heart, a unit, a diet: no diagnoses
        ("诊疗经过：胰腺炎后MAP 92mmHg。\n出院诊断：1.胆囊结石 2.高血压", "K85"),
        ("诊疗经过：RA、RV不大，晨僵。\n出院诊断：1.肺炎 2.高血压", "M06"),
        ("诊疗经过：溴吡斯的明60 mg。\n出院诊断：1.肺炎 阿司匹林 100 mg 2.高血压", "G70"),
        ("诊疗经过：低蛋白饮食。\n出院诊断：1.肺炎 2.高血压 低蛋白饮食", "E77"),
        # equally well spoken for
        ("诊疗经过：二尖瓣、多发性硬化。\n出院诊断：1.MS 2.高血压", "G35"),
        # an accident of former years
        ("既往史：10年前车祸后骨折。\n出院诊断：1.血胸 2.高血压", "S27"),
    ],
)
def test_where_nothing_decides_no_code_is_given(reviewer: Reviewer, text: str, code: str) -> None:
    assert not any(found.startswith(code) for found in codes(reviewer, text))


def test_the_dictionary_itself_is_left_as_it_was(reviewer: Reviewer) -> None:
    knowledge = reviewer.knowledge
    before = knowledge.diagnosis_words.terms.codes("血胸")
    codes(reviewer, "诊疗经过：车祸致左胸痛。\n出院诊断：1.左血胸 2.高血压")
    assert knowledge.diagnosis_words.terms.codes("血胸") == before
    assert knowledge.diagnosis_words.terms.told == {}

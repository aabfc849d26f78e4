"""A classifier of linear parts from training to a review: no torch, no onnxruntime."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.unit.record_codes.invented import invented_cases
from typer.testing import CliRunner

from zhibian.cli.main import app
from zhibian.coding.record_codes.classifier import BlendedClassifier, label_codes
from zhibian.coding.record_codes.model import Label, load_record_model
from zhibian.coding.record_codes.parts import Scores, log_softmax
from zhibian.coding.voices import RecordCode
from zhibian.documents.lexicon import load_reading_lexicon
from zhibian.documents.reader import read_documents
from zhibian.documents.types import Reading
from zhibian.problems import InputError
from zhibian.records.case_json import Limits, case_from_mapping
from zhibian.settings import Settings
from zhibian.terminology.code_set import ICD10_NHSA, load_code_set
from zhibian.terminology.crosswalk import ICD10_CLINICAL_TO_NHSA, load_crosswalk
from zhibian.training.blend import fit_blend
from zhibian.training.classifier import Design, choose, measure, part_sets
from zhibian.training.records import TrainingRecord
from zhibian.training.vocabulary import Vocabulary

RULES = Settings().rules
LIMITS = Limits(100_000, 1_000_000)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("cases") / "cases.json"
    file.write_text(json.dumps(invented_cases(), ensure_ascii=False), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def folder(cases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("model")
    command = ["train", "classifier", "--cases", str(cases), "--output", str(target)]
    result = CliRunner().invoke(app, [*command, "--name", "invented-1"])
    assert result.exit_code == 0, result.output
    return target


def reading_of(case: dict[str, object]) -> Reading:
    documents = case_from_mapping(case, "case", LIMITS).case.documents
    return read_documents(documents, load_reading_lexicon(RULES))


def classify(folder: Path, reading: Reading) -> list[RecordCode]:
    model = load_record_model(folder)
    codes, problems = label_codes(
        model.labels,
        model.code_set,
        load_code_set(RULES, ICD10_NHSA),
        load_crosswalk(RULES, ICD10_CLINICAL_TO_NHSA),
    )
    assert not problems
    return list(BlendedClassifier(model, codes, None).classify(reading))


def test_an_unseen_patient_gets_the_codes_of_the_same_illness(folder: Path) -> None:
    case = invented_cases()[0]
    case["documents"][0]["text"] = case["documents"][0]["text"].replace("右肺", "左肺")
    found = classify(folder, reading_of(case))
    assert max(found, key=lambda code: code.as_principal).code == "J18.900"
    likely = {code.code for code in found if code.as_other > 0.5}
    assert "J96.900" in likely
    assert not likely & {"M81.900", "E11.900"}


def test_every_code_has_words_of_the_record(folder: Path) -> None:
    case = invented_cases()[5]
    reading = reading_of(case)
    found = classify(folder, reading)
    assert found
    for code in found:
        span = code.span
        quote = case["documents"][span.document]["text"][span.start : span.end]
        assert quote.strip()


def test_a_record_without_text_has_no_codes(folder: Path) -> None:
    assert classify(folder, Reading((), (), (), (), ())) == []


def test_training_twice_writes_the_same_files(cases: Path, folder: Path, tmp_path: Path) -> None:
    command = ["train", "classifier", "--cases", str(cases), "--output", str(tmp_path)]
    assert CliRunner().invoke(app, [*command, "--name", "invented-1"]).exit_code == 0
    manifest = (folder / "manifest.yaml").read_text(encoding="utf-8")
    assert (tmp_path / "manifest.yaml").read_text(encoding="utf-8") == manifest


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda folder: (folder / "terms.npz").unlink(), "file_missing"),
        (
            lambda folder: (folder / "labels.csv").write_text("code,name\nA01,x\n"),
            "model_corrupted",
        ),
        (lambda folder: (folder / "manifest.yaml").unlink(), "model_missing"),
        (lambda folder: (folder / "manifest.yaml").write_text("kind: linker\n"), "model_kind"),
    ],
)
def test_a_damaged_folder_is_refused(
    folder: Path, tmp_path: Path, damage: object, code: str
) -> None:
    for file in folder.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    assert callable(damage)
    damage(tmp_path)
    with pytest.raises(InputError) as refused:
        load_record_model(tmp_path)
    assert refused.value.problems[0].code == code
    assert refused.value.problems[0].remedy


def test_labels_of_the_clinical_edition_are_converted_and_unknown_ones_told() -> None:
    diagnoses = load_code_set(RULES, ICD10_NHSA)
    crosswalk = load_crosswalk(RULES, ICD10_CLINICAL_TO_NHSA)
    labels = [
        Label("E11.900", ""),
        Label("I10.x00x032", "高血压病3级（极高危）"),
        Label("Q99.Z", ""),
    ]
    codes, problems = label_codes(labels, "clinical-2.0", diagnoses, crosswalk)
    assert set(codes.values()) <= diagnoses.entries.keys()
    assert 1 in codes
    assert 2 not in codes
    assert problems[-1].code == "label_unmapped"
    assert problems[-1].severity == "warning"


def test_the_voice_raises_confidence_and_names_its_version(
    cases: Path, folder: Path, tmp_path: Path
) -> None:
    case = tmp_path / "case.json"
    case.write_text(json.dumps(invented_cases()[0], ensure_ascii=False), encoding="utf-8")
    command = ["code", str(case), "--format", "json", "--models", "off"]
    plain, voiced = (
        CliRunner().invoke(app, [*command, *more]) for more in ([], ["--classifier", str(folder)])
    )
    before, after = (json.loads(result.stdout) for result in (plain, voiced))
    assert "invented-1" in json.dumps(after["versions"])
    assert after["principal"]["code"] == before["principal"]["code"]
    assert after["principal"]["confidence"] > before["principal"]["confidence"]
    assert [d["code"] for d in after["others"]] == [d["code"] for d in before["others"]]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["code", str(tmp_path), "--classifier", str(tmp_path / "none")]
    )
    assert result.exit_code == 2


def test_cross_validation_measures_every_record_once(cases: Path, tmp_path: Path) -> None:
    command = ["train", "cross-validate", "--cases", str(cases), "--folds", "3"]
    result = CliRunner().invoke(app, [*command, "--output", str(tmp_path)])
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert found["n"] == 12
    assert list(found["systems"]) == ["chosen", "terms", "spelling", "terms+spelling"]
    figure = found["systems"]["terms"]["task_score"]
    assert 0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1


def test_too_few_records_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "few.json"
    file.write_text(json.dumps(invented_cases()[:4]), encoding="utf-8")
    result = CliRunner().invoke(
        app, ["train", "classifier", "--cases", str(file), "--output", str(tmp_path / "m")]
    )
    assert result.exit_code == 2
    assert not (tmp_path / "m" / "manifest.yaml").exists()


def test_a_part_serves_only_where_it_is_surely_better() -> None:
    labels = tuple(Label(code, "") for code in ("A", "B", "C"))
    vocabulary = Vocabulary(labels, "nhsa-2.0", {}, frozenset())
    records = [
        TrainingRecord(str(n), (), "ABC"[n % 3], ("ABC"[(n + 1) % 3],), str(n)) for n in range(8)
    ]
    principal, others = vocabulary.answers(records)
    right = Scores(
        log_softmax(10 * np.eye(3, dtype=np.float32)[principal]),
        np.where(others, 5, -5).astype(np.float32),
    )
    wrong = Scores(np.zeros_like(right.principal), -right.others)

    def chosen(terms: Scores, attention: Scores) -> tuple[str, ...]:
        scores = {"terms": terms, "attention": attention}
        blends = {
            parts: fit_blend({part: scores[part] for part in parts}, principal, others)
            for parts in part_sets(tuple(scores))
        }
        return choose(measure(blends, scores, records, vocabulary.codes), Design(1))

    assert chosen(wrong, right) == ("terms", "attention")
    assert chosen(right, right) == ("terms",)
    assert chosen(right, wrong) == ("terms",)

"""Every component of coding that can be left out changes something, and nothing but itself."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.evaluation.coder_records import LIMITS, case, questions, resources, task

from zhibian.coding.coder import CodingKnowledge, propose
from zhibian.coding.types import Proposal
from zhibian.documents.reader import read_documents
from zhibian.evaluation.coders.ablation import COMPONENTS, without
from zhibian.evaluation.coders.registry import CODERS
from zhibian.problems import InputError
from zhibian.records.case_file import read_raw
from zhibian.records.case_json import case_from_mapping
from zhibian.records.types import Case
from zhibian.review.reviewer import Reviewer

RECORDS_FOLDER = Path(__file__).parents[2] / "cases" / "records"
VOICES = {"linker", "tagger", "classifier"}
COUGH = "主诉：咳嗽5天。\n"

#: A record of a few lines in which each component matters.
RECORDS = {
    "aliases": COUGH + "诊疗经过：对症治疗。\n出院诊断：1.肺炎 2.BPH",
    "senses": COUGH + "诊疗经过：对症治疗。\n出院诊断：1.肺炎 2.低蛋白",
    "spelling": "主诉：腹胀。\n诊疗经过：抗感染。\n出院诊断：1.自发性细菌腹膜炎",
    "assertion": COUGH + "诊疗经过：抗感染。\n出院诊断：1.肺炎 2.肺结核已排除",
    "burns": "主诉：烧伤。\n诊疗经过：换药。\n出院诊断：1.火焰烧伤 2.双下肢深Ⅱ度3%",
    "plausible": COUGH + "诊疗经过：对症治疗。\n出院诊断：1.肺炎 2.子宫腺肌病",
    "retype": "主诉：血糖高。\n诊疗经过：降糖。\n出院诊断：1.2型糖尿病 2.糖尿病肾病",
    "combination": "主诉：腹痛。\n诊疗经过：抗感染。\n出院诊断：1.胆囊结石 2.急性胆囊炎",
    "stay_facts": "主诉：肺癌化疗后10天，发热1天。\n诊疗经过：升白。\n"
    "出院诊断：1.粒细胞减少 2.肺癌",
    "procedure_rules": "主诉：腹痛。\n诊疗经过：行腹腔镜下阑尾切除术，行B超检查、心电图检查。\n"
    "出院诊断：1.阑尾炎",
    "procedure_narrative": "主诉：骨折。\n诊疗经过：复位后以钢板螺钉固定桡骨。\n"
    "出院诊断：1.桡骨骨折",
    "entry_condition": COUGH + "诊疗经过：抗感染，住院期间发生低钾血症。\n"
    "出院诊断：1.肺炎 2.低钾血症",
    "procedure_order": "主诉：腹痛。\n诊疗经过：行胃镜检查，后行腹腔镜下阑尾切除术。\n"
    "出院诊断：1.阑尾炎",
    "calibration": COUGH + "诊疗经过：抗感染。\n出院诊断：1.肺炎",
}

#: Invented records of the development sets, where a few lines don't show the component.
WHOLE_RECORDS = {
    "implied": "H10.json",
    "trust": "H01.json",
    "selection": "H01.json",
    "principal_rules": "H12.json",
    "principal_ranker": "P14.yaml",
}


def proposed(one: Case, knowledge: CodingKnowledge) -> Proposal:
    return propose(one, read_documents(one.documents, knowledge.lexicon), knowledge)


def record(name: str) -> Case:
    if name in RECORDS:
        return case("1", RECORDS[name])
    path = RECORDS_FOLDER / WHOLE_RECORDS[name]
    return case_from_mapping(read_raw(path, LIMITS), path.name, LIMITS).case


@pytest.mark.parametrize("name", sorted({*RECORDS, *WHOLE_RECORDS}))
def test_a_component_left_out_changes_the_proposal(
    name: str, reviewer: Reviewer, rules: Path
) -> None:
    one = record(name)
    whole = proposed(one, without([], reviewer, rules))
    assert proposed(one, without([name], reviewer, rules)) != whole


def test_every_component_is_shown_to_matter() -> None:
    assert {*RECORDS, *WHOLE_RECORDS, *VOICES, "abstention"} == set(COMPONENTS)


def test_leaving_nothing_out_changes_nothing(reviewer: Reviewer, rules: Path) -> None:
    assert without([], reviewer, rules) is reviewer.knowledge


@pytest.mark.parametrize("name", sorted(VOICES))
def test_voices_are_left_out_alone(name: str, reviewer: Reviewer, rules: Path) -> None:
    voices: Any = {key: object() for key in VOICES}
    speaking = replace(reviewer.knowledge, voices=replace(reviewer.knowledge.voices, **voices))
    left = without([name], replace(reviewer, knowledge=speaking), rules)
    assert {key: getattr(left.voices, key) is None for key in VOICES} == {
        key: key == name for key in VOICES
    }
    untouched = {field.name for field in fields(left)} - {"voices"}
    assert all(getattr(left, f) is getattr(speaking, f) for f in untouched)


def test_without_abstention_everything_is_proposed(reviewer: Reviewer, rules: Path) -> None:
    strict = replace(reviewer.knowledge.confidence, abstain_below=0.99)
    careful = replace(reviewer, knowledge=replace(reviewer.knowledge, confidence=strict))
    one = case("1", "诊疗经过：对症治疗。\n出院诊断：1.肺炎 2.高血压病")
    held = proposed(one, careful.knowledge)
    bold = proposed(one, without(["abstention"], careful, rules))
    assert (len(held.others), len(held.doubtful_diagnoses)) == (0, 1)
    assert (len(bold.others), len(bold.doubtful_diagnoses)) == (1, 0)


def test_an_unknown_component_is_named_with_the_nearest(reviewer: Reviewer, rules: Path) -> None:
    with pytest.raises(InputError) as wrong:
        CODERS["pipeline"]({"without": ["combinaton", "burns"]}, task(), resources(reviewer, rules))
    (problem,) = wrong.value.problems
    assert "combination" in problem.message
    assert problem.code == "component_unknown"


def test_the_pipeline_tells_what_it_goes_without(reviewer: Reviewer, rules: Path) -> None:
    made = CODERS["pipeline"]({"without": ["plausible"]}, task(), resources(reviewer, rules))
    assert made.info.parameters == {"without": ["plausible"]}
    asked = replace(questions()[0], case=case("1", RECORDS["plausible"]))
    (page,) = made.code([asked])
    assert "N80.001" in {line.code for line in page.others}

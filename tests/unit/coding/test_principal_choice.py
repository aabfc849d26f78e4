"""The choice of the principal diagnosis: trace, rule files, unheaded discharge lists."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from zhibian.coding.coder import draft, propose
from zhibian.coding.principal import load_principal_rules
from zhibian.coding.types import Proposal
from zhibian.documents.reader import read_documents
from zhibian.documents.types import SectionKind
from zhibian.problems import InputError
from zhibian.records.types import Case
from zhibian.review.reviewer import Reviewer
from zhibian.settings import Settings

PLANNED = [
    {
        "type": "入院记录",
        "text": "主诉：确诊淋巴瘤2月，拟行第3周期化疗。\n初步诊断：弥漫大B细胞淋巴瘤",
    },
    {
        "type": "出院记录",
        "text": "诊疗经过：予R-CHOP方案化疗，顺利。\n出院诊断：弥漫大B细胞淋巴瘤",
    },
]
UNHEADED = [
    {"type": "入院记录", "text": "主诉：黑便1天。\n初步诊断：上消化道出血"},
    {
        "type": "出院记录",
        "text": "予抑酸、输血后血止。\n十二指肠球部溃疡并出血、失血性休克、急性失血性贫血。",
    },
]


def _case(documents: list[dict[str, Any]]) -> Case:
    return Case.model_validate({"id": "case", "admission": None, "documents": documents})


def _proposal(documents: list[dict[str, Any]], reviewer: Reviewer) -> Proposal:
    case = _case(documents)
    return propose(
        case, read_documents(case.documents, reviewer.knowledge.lexicon), reviewer.knowledge
    )


def test_the_trace_names_the_rule_and_what_it_displaced(reviewer: Reviewer) -> None:
    proposal = _proposal(PLANNED, reviewer)
    decided = next(rule for rule in proposal.rules if "决定" in rule.explanation)
    assert decided.id == "P22"
    assert decided.codes == ("Z51.103", "C83.300")
    assert "若无此规则，C83.300 将排在首位" in decided.explanation


def test_the_purpose_of_a_stay_has_a_quote(reviewer: Reviewer) -> None:
    proposal = _proposal(PLANNED, reviewer)
    assert proposal.principal is not None
    quotes = [
        PLANNED[e.span.document]["text"][e.span.start : e.span.end]
        for e in proposal.principal.evidence
    ]
    assert any("拟行第3周期化疗" in quote for quote in quotes)


def test_a_line_of_diagnoses_without_heading_is_the_discharge_list(reviewer: Reviewer) -> None:
    case = _case(UNHEADED)
    reading = read_documents(case.documents, reviewer.knowledge.lexicon)
    assert not [i for i in reading.items if i.section is SectionKind.DISCHARGE_DIAGNOSIS]
    drafted = draft(case, reading, reviewer.knowledge)
    places = [i for i in drafted.reading.items if i.section is SectionKind.DISCHARGE_DIAGNOSIS]
    assert [item.order for item in places] == [0, 1, 2]
    proposal = propose(case, reading, reviewer.knowledge)
    assert proposal.principal is not None
    assert proposal.principal.code == "K26.401"
    assert {"R57.101", "D62.x00"} <= {entry.code for entry in proposal.others}


def test_what_a_picture_shows_is_no_discharge_list(reviewer: Reviewer) -> None:
    case = _case(
        [{"type": "出院记录", "text": "腹部彩超:脂肪肝、胆囊息肉、肾囊肿。\n予抗感染后好转。"}]
    )
    reading = read_documents(case.documents, reviewer.knowledge.lexicon)
    drafted = draft(case, reading, reviewer.knowledge)
    assert not [i for i in drafted.reading.items if i.section is SectionKind.DISCHARGE_DIAGNOSIS]


def test_an_unknown_condition_of_a_clause_is_refused(tmp_path: Path) -> None:
    shutil.copytree(Settings().rules / "coding", tmp_path / "coding")
    table = tmp_path / "coding" / "principal.yaml"
    raw = yaml.safe_load(table.read_text(encoding="utf-8"))
    raw["rules"][1]["clauses"][0]["if_color"] = ["red"]
    table.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_principal_rules(tmp_path)
    assert "if_color" in refused.value.problems[0].message


def test_every_hint_leaves_the_score_alone() -> None:
    rules = load_principal_rules(Settings().rules)
    hints = [clause for rule in rules.rules if rule.role == "hint" for clause in rule.clauses]
    assert hints
    assert all(clause.points == 0 for clause in hints)

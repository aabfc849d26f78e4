"""Missed and unsupported codes: both directions, from the same record."""

from __future__ import annotations

from typing import Any

import pytest

from zhibian.coding.coder import propose
from zhibian.coding.types import Proposal
from zhibian.documents.reader import read_documents
from zhibian.documents.types import Assertion
from zhibian.quality.flags import (
    DOUBT_IN_CHINESE,
    Level,
    MissedCode,
    TrustLimits,
    UnsupportedCode,
    missed_codes,
    unsupported_codes,
)
from zhibian.records.types import Case, FrontPage
from zhibian.review.reviewer import Reviewer

# Levels of the codes in these tests, so that they do not hang on one scheme.
LEVELS: dict[str, Level] = {
    "J96.000": "MCC",
    "A41.900": "MCC",
    "E11.201+N08.3*": "CC",
    "I50.908": "CC",
    "J69.001": "CC",
    "I48.100": "CC",
}
ADMISSION = "主诉：咳嗽、发热3天。\n初步诊断：肺炎"
GALLSTONES = "主诉：右上腹痛1月。\n初步诊断：胆囊结石"


def level_of(code: str) -> Level:
    return LEVELS.get(code, "none")


def page(principal: str, *others: str, procedures: tuple[str, ...] = ()) -> FrontPage:
    return FrontPage.model_validate(
        {
            "principal": {"code": principal},
            "others": [{"code": code} for code in others],
            "procedures": [{"code": code} for code in procedures],
        }
    )


@pytest.fixture
def read(reviewer: Reviewer) -> Any:
    """Return a function that proposes codes for an admission record and a discharge record."""

    def run(discharge: str, admission: str = ADMISSION, progress: str = "") -> Proposal:
        documents = [{"type": "入院记录", "text": admission}]
        if progress:
            documents.append({"type": "病程记录", "text": progress})
        documents.append({"type": "出院记录", "text": discharge})
        case = Case.model_validate(
            {
                "id": "case",
                "admission": {"sex": "男", "age": 66, "admitted": "2025-03-01 09:00"},
                "documents": documents,
            }
        )
        reading = read_documents(case.documents, reviewer.knowledge.lexicon)
        return propose(case, reading, reviewer.knowledge)

    return run


def missed(filed: FrontPage, proposal: Proposal) -> dict[str, MissedCode]:
    return {flag.code: flag for flag in missed_codes(filed, proposal, level_of)}


def unsupported(filed: FrontPage, proposal: Proposal) -> dict[str, UnsupportedCode]:
    return {flag.code: flag for flag in unsupported_codes(filed, proposal, level_of)}


# --- missed -----------------------------------------------------------------------------------


def test_what_the_record_states_and_the_page_lacks_is_missed(read: Any) -> None:
    proposal = read("出院诊断：1.肺炎 2.急性呼吸衰竭 3.高血压2级")
    flags = missed(page("J18.900"), proposal)
    assert set(flags) == {"J96.000", "I10.x04"}
    assert flags["J96.000"].level == "MCC"
    assert flags["J96.000"].evidence
    assert flags["J96.000"].instead_of is None


def test_a_filed_code_is_not_missed(read: Any) -> None:
    proposal = read("出院诊断：1.肺炎 2.急性呼吸衰竭 3.高血压2级")
    assert missed(page("J18.900", "J96.000", "I10.x04"), proposal) == {}


def test_order_of_the_page_does_not_matter(read: Any) -> None:
    proposal = read("出院诊断：1.肺炎 2.急性呼吸衰竭 3.高血压2级")
    assert missed(page("J96.000", "I10.x04", "J18.900"), proposal) == {}


def test_a_more_specific_code_of_a_higher_level_is_missed_and_names_the_filed_one(
    read: Any,
) -> None:
    proposal = read("出院诊断：1.肺炎 2.2型糖尿病性肾病")
    flags = missed(page("J18.900", "E11.900"), proposal)
    assert set(flags) == {"E11.201+N08.3*"}
    assert flags["E11.201+N08.3*"].instead_of == "E11.900"


def test_a_finer_code_of_the_same_level_is_a_question_of_choice(read: Any) -> None:
    proposal = read("出院诊断：1.肺炎 2.高血压2级")
    assert missed(page("J18.900", "I10.x05"), proposal) == {}


def test_a_filed_code_of_a_higher_level_covers_the_proposed_one(read: Any) -> None:
    proposal = read("出院诊断：1.肺炎 2.2型糖尿病")
    assert missed(page("J18.900", "E11.201+N08.3*"), proposal) == {}


def test_the_highest_level_is_told_first(read: Any) -> None:
    proposal = read("出院诊断：1.肺炎 2.高血压2级 3.慢性心力衰竭 4.急性呼吸衰竭")
    flags = missed_codes(page("J18.900"), proposal, level_of)
    assert [flag.level for flag in flags] == ["MCC", "CC", "none"]


def test_an_operation_that_the_page_lacks(read: Any) -> None:
    proposal = read(
        "诊疗经过：2025-03-03行腹腔镜下胆囊切除术，手术顺利。\n出院诊断：胆囊结石", GALLSTONES
    )
    flags = missed(page("K80.200x003"), proposal)
    assert set(flags) == {"51.2300"}
    assert flags["51.2300"].kind == "procedure"
    assert missed(page("K80.200x003", procedures=("51.2300",)), proposal) == {}
    assert missed(page("K80.200x003", procedures=("51.2301",)), proposal) == {}


@pytest.mark.parametrize(
    "progress",
    [
        "2025-03-02 血气正常，无急性呼吸衰竭。",
        "2025-03-02 急性呼吸衰竭？待复查血气。",
        "2025-03-02 若病情进展，可能出现急性呼吸衰竭。",
    ],
)
def test_denied_or_possible_diseases_are_not_missed(read: Any, progress: str) -> None:
    assert missed(page("J18.900"), read("出院诊断：肺炎", progress=progress)) == {}


# --- unsupported ------------------------------------------------------------------------------


def test_a_page_that_the_record_supports(read: Any) -> None:
    proposal = read("出院诊断：1.肺炎 2.急性呼吸衰竭")
    assert unsupported(page("J18.900", "J96.000"), proposal) == {}


def test_a_code_that_the_record_never_mentions(read: Any) -> None:
    flags = unsupported(page("J18.900", "A41.900"), read("出院诊断：肺炎"))
    assert flags["A41.900"].reason == "not_mentioned"
    assert flags["A41.900"].level == "MCC"
    assert flags["A41.900"].evidence == ()


def test_a_code_that_the_record_denies(read: Any) -> None:
    progress = "2025-03-02 血气分析正常，无急性呼吸衰竭。"
    flags = unsupported(page("J18.900", "J96.000"), read("出院诊断：肺炎", progress=progress))
    assert flags["J96.000"].reason == "denied"
    assert {evidence.assertion for evidence in flags["J96.000"].evidence} == {Assertion.NEGATED}


def test_a_code_that_the_record_only_suspects(read: Any) -> None:
    progress = "2025-03-02 急性呼吸衰竭？待复查血气。"
    flags = unsupported(page("J18.900", "J96.000"), read("出院诊断：肺炎", progress=progress))
    assert flags["J96.000"].reason == "only_possible"
    assert flags["J96.000"].evidence


def test_a_code_of_the_past(read: Any) -> None:
    admission = "主诉：咳嗽3天。\n既往史：10年前患肺结核，已治愈。\n初步诊断：肺炎"
    flags = unsupported(page("J18.900", "A16.200x002"), read("出院诊断：肺炎", admission=admission))
    assert flags["A16.200x002"].reason == "only_history"


def test_a_disease_of_the_family(read: Any) -> None:
    admission = "主诉：咳嗽3天。\n家族史：父亲患2型糖尿病。\n初步诊断：肺炎"
    flags = unsupported(page("J18.900", "E11.900"), read("出院诊断：肺炎", admission=admission))
    assert flags["E11.900"].reason == "only_history"


def test_a_denial_outweighs_a_suspicion(read: Any) -> None:
    progress = "2025-03-02 肺栓塞？\n2025-03-03 CTA未见充盈缺损，排除肺栓塞。"
    flags = unsupported(page("J18.900", "I26.900x001"), read("出院诊断：肺炎", progress=progress))
    assert flags["I26.900x001"].reason == "denied"


def test_a_filed_sibling_of_the_stated_disease_is_supported(read: Any) -> None:
    proposal = read("出院诊断：1.肺炎 2.高血压2级")
    assert unsupported(page("J18.900", "I10.x05"), proposal) == {}


def test_a_principal_without_support(read: Any) -> None:
    flags = unsupported(page("A41.900", "J18.900"), read("出院诊断：肺炎"))
    assert flags["A41.900"].kind == "principal"


def test_an_operation_that_was_only_planned(read: Any) -> None:
    proposal = read("诊疗经过：拟行腹腔镜下胆囊切除术，患者拒绝。\n出院诊断：胆囊结石", GALLSTONES)
    flags = unsupported(page("K80.200x003", procedures=("51.2300",)), proposal)
    assert flags["51.2300"].kind == "procedure"


def test_an_operation_that_was_done(read: Any) -> None:
    proposal = read(
        "诊疗经过：2025-03-03行腹腔镜下胆囊切除术，手术顺利。\n出院诊断：胆囊结石", GALLSTONES
    )
    assert unsupported(page("K80.200x003", procedures=("51.2300",)), proposal) == {}


def test_a_doubtful_code_of_the_highest_level_is_told_first(read: Any) -> None:
    filed = page("J18.900", "I10.x05", "I48.100", "A41.900")
    flags = unsupported_codes(filed, read("出院诊断：肺炎"), level_of)
    assert [flag.level for flag in flags] == ["MCC", "CC", "none"]


# --- both directions --------------------------------------------------------------------------


def test_both_directions_are_told_of_one_page(read: Any) -> None:
    proposal = read("出院诊断：1.肺炎 2.急性呼吸衰竭", progress="2025-03-02 无脓毒症依据。")
    filed = page("J18.900", "A41.900")
    assert set(missed(filed, proposal)) == {"J96.000"}
    assert set(unsupported(filed, proposal)) == {"A41.900"}


def test_a_page_made_of_the_proposal_has_no_flag(read: Any) -> None:
    proposal = read(
        "诊疗经过：2025-03-03行腹腔镜下胆囊切除术，手术顺利。\n"
        "出院诊断：1.胆囊结石伴慢性胆囊炎 2.2型糖尿病性肾病 3.高血压2级"
    )
    assert proposal.principal is not None
    filed = page(
        proposal.principal.code,
        *(other.code for other in proposal.others),
        procedures=tuple(procedure.code for procedure in proposal.procedures),
    )
    assert missed(filed, proposal) == {}
    assert unsupported(filed, proposal) == {}


def test_every_doubt_has_its_words() -> None:
    assert set(DOUBT_IN_CHINESE) == {
        "not_mentioned",
        "denied",
        "only_possible",
        "only_history",
        "only_mentioned",
        "weak_indicators",
    }
    assert all(DOUBT_IN_CHINESE.values())


LIMITS = TrustLimits(stated_from=0.6, mentioned_below=0.45)


def doubted(filed: FrontPage, proposal: Proposal) -> dict[str, UnsupportedCode]:
    flags = unsupported_codes(filed, proposal, level_of, limits=LIMITS)
    return {flag.code: flag for flag in flags}


def test_a_finding_left_alone_supports_no_code(read: Any) -> None:
    proposal = read("出院诊断：1.肺炎", progress="双侧胸腔积液少许，系反应性，不需处理。")
    assert doubted(page("J18.900", "J90.x00"), proposal)["J90.x00"].reason == "only_mentioned"
    assert "J90.x00" not in unsupported(page("J18.900", "J90.x00"), proposal)


def test_a_disease_told_in_passing_and_denied_later_is_denied(read: Any) -> None:
    proposal = read(
        "出院诊断：1.肺炎", progress="1.肺结核：无卫星灶空洞。\nT-SPOT阴性，肺结核排除。"
    )
    assert doubted(page("J18.900", "A16.200x002"), proposal)["A16.200x002"].reason == "denied"


def test_a_disease_of_the_discharge_list_is_supported_whatever_was_denied_before(
    read: Any,
) -> None:
    proposal = read("出院诊断：1.肺炎 2.肺结核", progress="目前无肺结核依据。")
    assert "A16.200x002" not in doubted(page("J18.900", "A16.200x002"), proposal)


def test_another_code_of_the_same_organ_is_one_question(read: Any) -> None:
    """The filed pacemaker and the one of the record are told as a choice, not as two errors."""
    proposal = read("手术名称：永久起搏器置入术\n出院诊断：病态窦房结综合征")
    filed = page("I49.500", procedures=("37.8301",))
    flag = next(f for f in missed(filed, proposal).values() if f.kind == "procedure")
    assert flag.instead_of == "37.8301"
    assert "37.8301" not in unsupported(filed, proposal)

from __future__ import annotations

import pytest

from zhibian.problems import Problem
from zhibian.terminology.check import check_code, near_codes
from zhibian.terminology.code_set import CodeSet
from zhibian.terminology.crosswalk import Crosswalk
from zhibian.terminology.names import normal_spelling, repair_name, same_name, shown_code

FIELD = "diagnoses[0].code"


def _only(problems: tuple[Problem, ...], code: str) -> Problem:
    assert [problem.code for problem in problems] == [code]
    assert problems[0].field == FIELD
    return problems[0]


def test_good_codes_raise_nothing(
    icd10: CodeSet, icd9: CodeSet, icd10_walk: Crosswalk, icd9_walk: Crosswalk
) -> None:
    assert check_code("J15.902", icd10, icd10_walk, FIELD, principal=True) == ()
    assert check_code("74.1x01", icd9, icd9_walk, FIELD, principal=True) == ()


@pytest.mark.parametrize(
    ("filed", "meant"),
    [
        ("j15.902", "J15.902"),
        ("Ｊ１５．９０２", "J15.902"),
        (" J15.902 ", "J15.902"),
        ("I10.X05", "I10.x05"),
        ("J15。902", "J15.902"),
        ("A17.000†G01*", "A17.000+G01*"),
    ],
)
def test_misspelling_names_the_code(
    icd10: CodeSet, icd10_walk: Crosswalk, filed: str, meant: str
) -> None:
    problem = _only(check_code(filed, icd10, icd10_walk, FIELD), "code_spelling")
    assert meant in problem.remedy
    assert problem.severity == "error"


def test_category_suggests_up_to_three_finer_codes(icd10: CodeSet, icd10_walk: Crosswalk) -> None:
    problem = _only(check_code("I10", icd10, icd10_walk, FIELD), "code_not_finest")
    assert problem.remedy.count("I10.x") == 3
    assert "I10.x00 " not in problem.remedy


def test_subcategory_of_a_procedure(icd9: CodeSet, icd9_walk: Crosswalk) -> None:
    problem = _only(check_code("74.1", icd9, icd9_walk, FIELD), "code_not_finest")
    assert "74.1x01" in problem.remedy
    assert "74.1x02" in problem.remedy


def test_clinical_code_is_a_warning_that_names_the_conversion(
    icd10: CodeSet, icd10_walk: Crosswalk
) -> None:
    problem = _only(check_code("A01.000x002", icd10, icd10_walk, FIELD), "code_clinical_edition")
    assert problem.severity == "warning"
    assert "A01.003" in problem.remedy


def test_withdrawn_hernia_code_is_led_to_its_successor(
    icd10: CodeSet, icd10_walk: Crosswalk
) -> None:
    problem = _only(check_code("K43.902", icd10, icd10_walk, FIELD), "code_clinical_edition")
    assert "K43.600" in problem.message


def test_unknown_code_offers_neighbours(icd10: CodeSet, icd10_walk: Crosswalk) -> None:
    problem = _only(check_code("E11.901", icd10, icd10_walk, FIELD), "code_unknown")
    assert problem.severity == "error"
    assert "E11.900" in problem.remedy


def test_free_text_in_the_code_field_is_not_shown(icd10: CodeSet, icd10_walk: Crosswalk) -> None:
    problem = _only(check_code("张某某肺炎", icd10, icd10_walk, FIELD), "code_unknown")
    assert problem.value is None
    assert "张" not in problem.render()


@pytest.mark.parametrize("filed", ["", "J", "J1", "?"])
def test_too_short_to_suggest_anything(icd10: CodeSet, icd10_walk: Crosswalk, filed: str) -> None:
    problem = _only(check_code(filed, icd10, icd10_walk, FIELD), "code_unknown")
    assert "相近编码" not in problem.remedy


def test_grey_code_matters_only_as_principal(icd10: CodeSet, icd10_walk: Crosswalk) -> None:
    assert check_code("I10.x00", icd10, icd10_walk, FIELD) == ()
    problem = _only(
        check_code("I10.x00", icd10, icd10_walk, FIELD, principal=True), "code_grey_principal"
    )
    assert problem.severity == "warning"
    assert "I10.x0" in problem.remedy


def test_homonym_is_told_when_the_name_is_the_clinical_one(
    icd10: CodeSet, icd10_walk: Crosswalk
) -> None:
    clinical = check_code(
        "C92.001", icd10, icd10_walk, FIELD, name="急性髓系白血病，伴有异常的骨髓嗜酸性粒细胞"
    )
    assert "C92.000x014" in _only(clinical, "code_homonym").remedy
    nhsa = "急性髓细胞白血病，微分化型"
    assert check_code("C92.001", icd10, icd10_walk, FIELD, name=nhsa) == ()
    assert check_code("C92.001", icd10, icd10_walk, FIELD) == ()


def test_renamed_code_with_the_clinical_name_asks_for_a_look(
    icd10: CodeSet, icd10_walk: Crosswalk
) -> None:
    problems = check_code("B18.107", icd10, icd10_walk, FIELD, name="慢性乙型病毒性肝炎")
    problem = _only(problems, "code_homonym")
    assert problem.severity == "warning"
    assert "未特指乙型病毒性肝炎" in problem.message
    assert "原码" in problem.remedy


def test_near_codes_share_at_least_the_category(icd10: CodeSet) -> None:
    assert {entry.code[:5] for entry in near_codes("E11.901", icd10)} == {"E11.9"}
    assert near_codes("ZZZ.999", icd10) == ()


@pytest.mark.parametrize(
    ("code", "spelled"),
    [
        ("x45.X00", "X45.x00"),
        ("00.5500X008", "00.5500x008"),
        ("M90.2*", "M90.2*"),
        ("a00.000ｘ001", "A00.000x001"),
    ],
)
def test_normal_spelling(code: str, spelled: str) -> None:
    assert normal_spelling(code) == spelled
    assert normal_spelling(spelled) == spelled


def test_every_code_is_in_normal_spelling(icd10: CodeSet, icd9: CodeSet) -> None:
    for codes in (icd10, icd9):
        assert [code for code in codes.entries if normal_spelling(code) != code] == []
        assert [code for code in codes.entries if shown_code(code) is None] == []


def test_names_that_differ_in_punctuation_are_the_same() -> None:
    assert same_name("肺结核瘤，痰镜检(+)", "肺结核瘤,痰镜检（+）")
    assert not same_name("败血症", "脓毒症")
    assert not same_name("痰镜检(+)", "痰镜检(-)")


def test_repair_takes_the_first_whole_donor_that_fits() -> None:
    assert repair_name("错??畸形", ["错\ue06b畸形", "错𬌗畸形", "错合畸形"]) == "错𬌗畸形"
    assert repair_name("M?重链病", ["Mμ重链病"]) == "Mμ重链病"
    assert repair_name("反??", ["深覆𬌗"]) is None

from __future__ import annotations

from zhibian.terminology.code_set import CodeSet
from zhibian.terminology.crosswalk import Crosswalk


def test_crosswalks_are_complete_and_lead_into_the_sets(
    icd10: CodeSet, icd9: CodeSet, icd10_walk: Crosswalk, icd9_walk: Crosswalk
) -> None:
    assert len(icd10_walk.entries) == 35_591
    assert len(icd9_walk.entries) == 13_654
    assert {nhsa for _, nhsa in icd10_walk.entries.values()} <= icd10.entries.keys()
    assert {nhsa for _, nhsa in icd9_walk.entries.values()} <= icd9.entries.keys()


def test_same_code_same_name(icd10_walk: Crosswalk) -> None:
    conversion = icd10_walk.convert("A00.000")
    assert (conversion.kind, conversion.target) == ("identical", "A00.000")


def test_another_code(icd10_walk: Crosswalk) -> None:
    conversion = icd10_walk.convert("A01.000x002")
    assert (conversion.kind, conversion.target) == ("mapped", "A01.003")
    assert "A01.003" in conversion.note


def test_same_name_but_another_code_is_mapped(icd10_walk: Crosswalk) -> None:
    conversion = icd10_walk.convert("A75.300")
    assert (conversion.kind, conversion.target) == ("mapped", "A75.300x001")


def test_homonym_without_a_name_is_reported(icd10_walk: Crosswalk) -> None:
    conversion = icd10_walk.convert("C92.001")
    assert (conversion.kind, conversion.target) == ("homonym", "C92.000x014")
    assert "人工核对" in conversion.note


def test_name_tells_the_edition_of_a_homonym(icd10_walk: Crosswalk) -> None:
    nhsa = icd10_walk.convert("C92.001", "急性髓细胞白血病，微分化型")
    clinical = icd10_walk.convert("C92.001", "急性髓系白血病,伴有异常的骨髓嗜酸性粒细胞")
    assert (nhsa.kind, nhsa.target) == ("homonym", "C92.001")
    assert (clinical.kind, clinical.target) == ("homonym", "C92.000x014")


def test_renamed_code_is_reported_too(icd10_walk: Crosswalk) -> None:
    conversion = icd10_walk.convert("A41.900")
    assert (conversion.kind, conversion.target) == ("homonym", "A41.900")
    assert "败血症" in conversion.note
    assert "脓毒症" in conversion.note


def test_homonyms_are_of_both_editions(
    icd10: CodeSet, icd9: CodeSet, icd10_walk: Crosswalk, icd9_walk: Crosswalk
) -> None:
    assert len(icd10_walk.homonyms) == 450
    assert len(icd9_walk.homonyms) == 40
    for walk, codes in ((icd10_walk, icd10), (icd9_walk, icd9)):
        for code, both in walk.homonyms.items():
            assert both.nhsa_name == codes.name(code)
            assert (both.clinical_name, both.nhsa) == walk.entries[code]
            assert both.kind == ("renamed" if both.nhsa == code else "moved")


def test_punctuation_alone_makes_no_homonym(icd10_walk: Crosswalk) -> None:
    assert icd10_walk.convert("A15.001").kind == "identical"


def test_unknown_code_has_no_target(icd10_walk: Crosswalk) -> None:
    conversion = icd10_walk.convert("Q00.999x777")
    assert (conversion.kind, conversion.target) == ("unmapped", None)
    assert conversion.note


def test_dagger_of_the_later_listing(icd10_walk: Crosswalk) -> None:
    conversion = icd10_walk.convert("A01.000x003†G01*")
    assert (conversion.kind, conversion.target) == ("mapped", "A01.002+G01*")
    assert conversion.source == "A01.000x003†G01*"


def test_codes_added_later(icd10_walk: Crosswalk, icd9_walk: Crosswalk) -> None:
    assert icd10_walk.convert("U07.100").kind == "identical"
    assert icd9_walk.convert("06.3100x002").target == "06.3102"


def test_procedure_codes_stay_text(icd9_walk: Crosswalk) -> None:
    assert icd9_walk.convert("00.5500").target == "00.5500"
    assert icd9_walk.convert("00.55").kind == "unmapped"

from __future__ import annotations

from pathlib import Path

import pytest

from zhibian.terminology.code_set import CodeSet
from zhibian.terminology.crosswalk import (
    Crosswalk,
    FiledSet,
    Homonym,
    OpenEntry,
    list_filed_sets,
    load_filed_set,
)


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


@pytest.fixture(scope="module")
def filed(rules: Path) -> dict[str, FiledSet]:
    return {id: load_filed_set(rules, id) for id in list_filed_sets(rules)}


def test_every_edition_leads_into_the_nhsa_sets(
    filed: dict[str, FiledSet], icd10: CodeSet, icd9: CodeSet
) -> None:
    assert list(filed) == ["clinical-2.0", "clinical-1.0", "nhsa-1.0", "beijing-7.0"]
    counts = {}
    for id, edition in filed.items():
        for walk, codes in ((edition.diagnoses, icd10), (edition.procedures, icd9)):
            assert {nhsa for _, nhsa in walk.entries.values()} <= codes.entries.keys()
            several = {c for entry in walk.open.values() for c in entry.candidates}
            assert several <= codes.entries.keys()
            assert walk.entries.keys().isdisjoint(walk.open)
            assert set(walk.homonyms) <= walk.entries.keys() | walk.open.keys()
        counts[id] = (
            len(edition.diagnoses.entries) + len(edition.diagnoses.open),
            len(edition.procedures.entries) + len(edition.procedures.open),
        )
    assert counts == {
        "clinical-2.0": (35_591, 13_654),
        "clinical-1.0": (35_589, 12_849),
        "nhsa-1.0": (33_326, 13_002),
        "beijing-7.0": (24_528, 9_738),
    }


def test_a_code_with_several_targets_is_not_decided(filed: dict[str, FiledSet]) -> None:
    walk = filed["clinical-1.0"].diagnoses
    several = {code for code, entry in walk.open.items() if entry.candidates}
    assert len(several) == 12
    found = walk.convert("I50.900x022")
    assert (found.kind, found.target) == ("several", None)
    assert found.candidates == ("I50.900", "N19.x00")
    assert "须人工选定" in found.note


def test_a_code_without_target_is_told_by_its_name(filed: dict[str, FiledSet]) -> None:
    found = filed["clinical-1.0"].diagnoses.convert("I48.x00")
    assert (found.kind, found.target, found.candidates) == ("unmapped", None, ())
    assert "I48.x00" in found.note
    withdrawn = filed["nhsa-1.0"].procedures.convert("00.6502")
    assert (withdrawn.kind, withdrawn.target) == ("unmapped", None)


def test_beijing_codes_of_the_same_spelling_mean_something_else(
    filed: dict[str, FiledSet],
) -> None:
    found = filed["beijing-7.0"].diagnoses.convert("A00.001")
    assert found.target == "A00.000x001"
    assert len(filed["beijing-7.0"].diagnoses.homonyms) == 6_647


def test_homonym_with_several_targets() -> None:
    both = Homonym("A00.000", "旧病", "新病", "A00.100|A00.200", "moved")
    walk = Crosswalk(
        "w", "映射", "旧版", {}, {"A00.000": both},
        {"A00.000": OpenEntry("旧病", ("A00.100", "A00.200"))},
    )  # fmt: skip
    undecided = walk.convert("A00.000")
    assert (undecided.kind, undecided.target, undecided.homonym) == ("several", None, both)
    named = walk.convert("A00.000", "新病")
    assert (named.kind, named.target) == ("homonym", "A00.000")

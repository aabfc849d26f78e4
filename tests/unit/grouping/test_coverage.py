"""What an edition does not cover, and looking into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhibian.grouping import CodeBook, Level, RulePack, load_codebook, load_scheme
from zhibian.grouping.coverage import chapters, coverage
from zhibian.grouping.show import group_codes, show_code, show_group


@pytest.fixture(scope="module")
def codebook(rules: Path) -> CodeBook:
    return load_codebook(rules)


@pytest.fixture(scope="module")
def pack(rules: Path) -> RulePack:
    return load_scheme(rules, "chs-drg-1.1")


@pytest.fixture(scope="module")
def published(rules: Path) -> RulePack:
    """Tables as published, with the defects that the default reading corrects."""
    return load_scheme(rules, "chs-drg-1.1@published")


def test_the_corrections_leave_few_principals_without_a_group(
    pack: RulePack, codebook: CodeBook
) -> None:
    found = coverage(pack, codebook)
    # Of the 154, 118 have a medical group now and 15 a group for deliveries; S02.100, which no
    # category had, is in MDCB now, where it needs an operation.
    assert sum(map(len, found.principals_without_medical_group.values())) == 22
    assert "S02.100" in found.principals_without_medical_group["MDCB"]


def test_the_known_defects_of_the_edition_are_found(
    published: RulePack, codebook: CodeBook
) -> None:
    found = coverage(published, codebook)
    # known_defects: principals-without-medical-group, unknown-codes.
    assert sum(map(len, found.principals_without_medical_group.values())) == 154
    unknown = {code for codes in found.unknown.values() for code in codes}
    assert unknown == {"P78.300x004", "K43.900", "K43.900x001", "K43.902"}
    assert found.gaps == ()
    assert "I10.x00" in found.principals_without_mdc
    assert "J18.901" not in found.principals_without_mdc
    assert set(found.valid_without_group) <= published.sets["OP_ALL"]
    assert not set(found.valid_without_group) & set(found.procedures_without_group)


def test_the_154_principals_are_those_of_the_facts(
    published: RulePack, codebook: CodeBook, shared: Path
) -> None:
    listed = (shared / "facts" / "chs-drg-1.1" / "ungroupable_in_mdc_11.csv").read_text("utf-8")
    theirs = {line.split(",")[0] for line in listed.splitlines()[1:]}
    found = coverage(published, codebook).principals_without_medical_group
    ours = {code for codes in found.values() for code in codes}
    # We count by category: a man with Q85.900x047 reaches MDCM alone, a woman reaches NZ1.
    assert ours - theirs == {"Q85.900x047"}
    # They count principals of MDCZ that are in no other category; ZZ1 takes them with a second
    # injury and without operation.
    assert theirs - ours == {"S06.500x005", "S06.500x007"}


def test_gaps_are_told(rules: Path, codebook: CodeBook) -> None:
    found = coverage(load_scheme(rules, "chs-drg-2.0"), codebook)
    assert [g.id for g in found.gaps] == [
        "any-operation",
        "valid-procedures",
        "valid-procedures-newborns",
        "trauma-without-operation",
    ]
    assert found.principals_without_medical_group == {}


def test_chapters() -> None:
    assert chapters(["J18.900", "A00.000", "J44.900", "00.0100", "96.7201"]) == {
        "00": 1,
        "96": 1,
        "A": 1,
        "J": 2,
    }


def test_a_core_group(pack: RulePack) -> None:
    found = show_group("ES3", pack)
    assert found is not None
    assert (found.tier, found.kind, found.position, found.of) == ("adrg", "medical", 13, 21)
    assert [p.code for p in found.within] == ["MDCE"]
    assert [p.code for p in found.parts] == ["ES31", "ES33", "ES35"]
    (listed,) = found.sets
    assert (listed.name, listed.fields, len(listed.codes)) == ("ES3_ZD", ("ZYZD",), 128)


def test_a_category_names_its_body_regions(pack: RulePack) -> None:
    found = show_group("MDCZ", pack)
    assert found is not None
    assert {s.name: s.title for s in found.sets}["MDCZ_ZD1"] == "头颈部创伤"
    assert found.parts[-1].kind == "ambiguous" or found.of == 26


def test_a_group(pack: RulePack) -> None:
    found = show_group("ES31", pack)
    assert found is not None
    assert (found.tier, found.rule, found.position) == ("drg", "QTZD in MCC", 1)
    assert [p.code for p in found.within] == ["MDCE", "ES3"]
    assert show_group("ES9", pack) is None


def test_every_group_can_be_shown(pack: RulePack) -> None:
    assert [c for c in group_codes(pack) if show_group(c, pack) is None] == []


def test_a_diagnosis(pack: RulePack) -> None:
    found = show_code("I50.908", pack)
    assert (found.role.level, found.role.table) == (Level.MCC, "95")
    beside = [c for c, t in pack.severity.principals.items() if t == "95"]
    assert found.excluding == len(beside)
    ((mdc, adrgs),) = found.as_principal
    assert mdc == "MDCF"
    # Its own medical group, and the operations of the category that ask for no diagnosis.
    assert "FR2" in adrgs
    assert "FB1" in adrgs
    assert "FR1" not in adrgs


def test_a_procedure_and_a_code_that_nothing_names(pack: RulePack) -> None:
    procedure = show_code("96.7201", pack)
    assert procedure.sets == ("AH1_SS", "OP_ALL")
    assert procedure.as_principal == ()
    nothing = show_code("V01.000", pack)
    assert (nothing.sets, nothing.excluding, nothing.as_principal) == ((), 0, ())

"""What-if and sensitivity: order, duplicates, bad input; the golden cases are in tests/cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhibian.grouping import (
    CodeBook,
    GroupingInput,
    Level,
    RulePack,
    Status,
    group,
    load_codebook,
    load_scheme,
)
from zhibian.grouping.sensitivity import sensitivity
from zhibian.grouping.what_if import CHANGE_KINDS, what_if


@pytest.fixture(scope="module")
def pack(rules: Path) -> RulePack:
    return load_scheme(rules, "chs-drg-1.1")


@pytest.fixture(scope="module")
def codebook(rules: Path) -> CodeBook:
    return load_codebook(rules)


PNEUMONIA = GroupingInput(
    "J15.902", ("I50.908", "E11.600x051", "I50.908"), ("33.2403", "81.5400"), 1, 78
)


def test_alternatives_come_by_kind_and_place_never_by_weight(
    pack: RulePack, codebook: CodeBook
) -> None:
    found = what_if(
        PNEUMONIA, pack, codebook, add_diagnoses=("J96.000", "A00.000"), schemes=(pack,)
    )
    keys = [
        (CHANGE_KINDS.index(a.change.kind), a.change.position, a.change.code)
        for a in found.alternatives
    ]
    assert keys == sorted(keys, key=lambda k: k[:2])
    # J96.000 leads to the heavier group, A00.000 to none: they stay as given.
    added = [a.change.code for a in found.alternatives if a.change.kind == "add_diagnosis"]
    assert added == ["J96.000", "A00.000"]


def test_a_code_filed_twice_is_changed_once_and_wholly(pack: RulePack, codebook: CodeBook) -> None:
    found = what_if(PNEUMONIA, pack, codebook)
    removed = [a for a in found.alternatives if a.change.kind == "remove_diagnosis"]
    assert [(a.change.code, a.change.position) for a in removed] == [
        ("I50.908", 0),
        ("E11.600x051", 1),
    ]
    assert removed[0].case.others == ("E11.600x051",)


def test_the_old_principal_takes_the_place_of_the_new_one(
    pack: RulePack, codebook: CodeBook
) -> None:
    found = what_if(PNEUMONIA, pack, codebook).alternatives[1]
    assert (found.case.principal, found.case.others) == (
        "E11.600x051",
        ("I50.908", "J15.902", "I50.908"),
    )


def test_the_main_procedure_moves_to_the_front(pack: RulePack, codebook: CodeBook) -> None:
    case = GroupingInput("J15.902", (), ("33.2403", "32.4100", "81.5400"), 1, 78)
    found = what_if(case, pack, codebook)
    moved = [a.case.procedures for a in found.alternatives if a.change.kind == "main_procedure"]
    assert moved == [
        ("32.4100", "33.2403", "81.5400"),
        ("81.5400", "33.2403", "32.4100"),
    ]


def test_what_changed_is_told(pack: RulePack, codebook: CodeBook) -> None:
    found = what_if(GroupingInput("J15.902", ("I50.908",), (), 1, 78), pack, codebook)
    principal, removed = found.alternatives
    assert (principal.mdc_changed, principal.adrg_changed, principal.group_changed) == (
        True,
        True,
        True,
    )
    assert (removed.mdc_changed, removed.adrg_changed) == (False, False)
    assert (removed.group_changed, removed.level_changed) == (True, True)


def test_a_case_alone_has_no_alternatives(pack: RulePack, codebook: CodeBook) -> None:
    found = what_if(GroupingInput("J15.902", (), (), 1, 78), pack, codebook)
    assert found.alternatives == ()
    assert found.before == group(found.case, pack, codebook)


def test_an_added_unknown_code_makes_its_answer_invalid(pack: RulePack, codebook: CodeBook) -> None:
    case = GroupingInput("J15.902", (), (), 1, 78)
    found = what_if(case, pack, codebook, add_diagnoses=("E11.90",))
    assert [a.after.status for a in found.alternatives] == [Status.INVALID]


def test_sensitivity_of_bad_input_tells_what_is_wrong(pack: RulePack, codebook: CodeBook) -> None:
    found = sensitivity(GroupingInput("J15.902", ("I50.908",)), pack, codebook)
    assert found.grouping.status is Status.INVALID
    assert (found.diagnoses, found.codes) == ((), ())


def test_level_is_told_where_the_case_reaches_no_group(pack: RulePack, codebook: CodeBook) -> None:
    # A valid procedure of elsewhere: ambiguous group, no level of its own.
    found = sensitivity(GroupingInput("J18.901", ("J96.000",), ("81.5400",), 1, 60), pack, codebook)
    assert found.grouping.status is Status.AMBIGUOUS
    (influence,) = found.diagnoses
    assert (influence.level, influence.standing) == (Level.MCC, "counted")
    assert influence.changes_level
    assert not influence.changes_group

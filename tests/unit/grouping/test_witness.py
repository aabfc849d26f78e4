"""Witnesses: every group of the shipped editions, and every reason why a group has none."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from zhibian.grouping import (
    CodeBook,
    GroupingInput,
    RulePack,
    Status,
    group,
    load_codebook,
    load_scheme,
)
from zhibian.grouping.manifest import Gap, Manifest, Row, TableName, Tables
from zhibian.grouping.pack import assemble, read_manifest
from zhibian.grouping.witness import WHY, Reach, witness, witnesses


@pytest.fixture(scope="module")
def codebook(rules: Path) -> CodeBook:
    return load_codebook(rules)


@pytest.fixture(scope="module")
def pack(rules: Path) -> RulePack:
    return load_scheme(rules, "chs-drg-1.1")


def test_every_group_of_the_edition_has_a_case_that_reaches_it(
    pack: RulePack, codebook: CodeBook
) -> None:
    found = list(witnesses(pack, codebook))
    assert Counter(r.verdict for r in found) == {"reachable": 628 + 21}
    for reach in found:
        assert reach.case is not None
        result = group(reach.case, pack, codebook)
        assert result == reach.grouping
        assert result.status in (Status.GROUPED, Status.AMBIGUOUS)
        assert (result.mdc, result.adrg, result.drg) == (reach.mdc, reach.adrg, reach.group)


@pytest.fixture(scope="module")
def transcribed(rules: Path, codebook: CodeBook) -> list[Reach]:
    """Witnesses of chs-drg-1.0 as transcribed: ten core groups lost their lists."""
    return list(witnesses(load_scheme(rules, "chs-drg-1.0@published"), codebook))


def test_no_reference_record_is_in_an_unreachable_group(
    transcribed: list[Reach], shared: Path
) -> None:
    path = shared / "oracle" / "chs_drg_1_0_20k.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        reached = {row["drg"] for row in csv.DictReader(handle)}
    unreachable = {r.group for r in transcribed if r.verdict == "unreachable"}
    assert len(reached) > 400
    assert reached.isdisjoint(unreachable)


def test_groups_that_lost_lists_take_the_cases_of_those_behind_them(
    transcribed: list[Reach],
) -> None:
    found = transcribed
    lost = {r.group: r for r in found if r.verdict != "reachable"}
    assert {r.verdict for r in lost.values()} == {"unreachable"}
    assert {r.why for r in lost.values()} == {"taken"}
    assert {r.adrg for r in lost.values()} == {
        *("PC1", "PJ1", "PK1", "PR1", "PS1", "PT1", "PT2", "PU1"),
        *("WC1", "WJ1", "WR1", "WZ1", "YR1", "YR2"),
    }
    assert lost["PK19"].by == ("PB19",)


def test_one_group(pack: RulePack, codebook: CodeBook) -> None:
    found = witness("ES31", pack, codebook)
    assert found.case is not None
    assert len(found.case.others) == 1
    assert not found.case.procedures
    assert witness("EQY", pack, codebook).verdict == "reachable"
    with pytest.raises(KeyError):
        witness("ES9", pack, codebook)


# ---- small packs: one for each reason ----


@pytest.fixture(scope="module")
def manifest(rules: Path) -> Manifest:
    return read_manifest(rules / "chs-drg" / "1.1")


MDC = [{"mdc": "MDCE", "name": "呼吸", "rule": "ZYZD in E_ZD", "order": "1"}]
SETS = {
    "E_ZD": ["J18.900", "J44.900", "J96.000"],
    "E1_ZD": ["J18.900"],
    "E2_ZD": ["J44.900"],
    "ELSE_ZD": ["K35.900"],
    "OLD_ZD": ["J99.999"],
    "OP": ["32.4100", "33.0100"],
    "OP2": ["34.0100"],
}
BOOK = CodeBook(
    frozenset({"J18.900", "J44.900", "J96.000", "K35.900", "E87.600", "A00.000"}),
    frozenset({"32.4100", "33.0100", "34.0100", "99.0100"}),
)


def small(
    manifest: Manifest,
    adrgs: list[tuple[str, str, str]],
    drgs: dict[str, list[tuple[str, str]]] | None = None,
    cc: list[tuple[str, str, str]] | None = None,
    gaps: tuple[Gap, ...] = (),
) -> RulePack:
    """Return a pack with one category; core groups are code, rule and kind."""
    rows: dict[TableName, list[Row]] = {
        "mdc": MDC,
        "adrg": [
            {"adrg": a, "name": a, "rule": rule, "mdc": "MDCE", "order": str(i), "kind": kind}
            for i, (a, rule, kind) in enumerate(adrgs)
        ],
        "drg": [
            {"drg": d, "name": d, "rule": rule, "adrg": a, "order": str(i)}
            for a, splits in ({a: [(f"{a}9", "")] for a, _, _ in adrgs} | (drgs or {})).items()
            for i, (d, rule) in enumerate(splits)
        ],
        "sets": [
            {"set": name, "type": "SS" if name.startswith("OP") else "ZD", "code": code}
            for name, codes in SETS.items()
            for code in codes
        ],
        "cc": [{"code": c, "level": level, "table": table} for c, level, table in cc or []],
        "exclusions": [{"table": "1", "code": "J18.900"}, {"table": "1", "code": "J44.900"}],
    }
    tables: Tables = rows
    return assemble("small", manifest, tables, (), ambiguous=True, gaps=gaps)


def told(pack: RulePack, book: CodeBook | None = BOOK) -> dict[str, Reach]:
    return {r.group: r for r in witnesses(pack, book)}


def test_an_earlier_group_without_condition_takes_all(manifest: Manifest) -> None:
    found = told(small(manifest, [("EA1", "", "medical"), ("EB1", "ZYSS in OP", "surgical")]))
    assert found["EA19"].verdict == "reachable"
    assert (found["EB19"].verdict, found["EB19"].why) == ("unreachable", "taken")
    assert found["EB19"].by == ("EA19",)


def test_two_earlier_groups_share_the_cases(manifest: Manifest) -> None:
    rules = [
        ("EA1", "ZYZD in E1_ZD", "medical"),
        ("EB1", "ZYZD in E2_ZD", "medical"),
        ("EC1", "ZYZD in {E1_ZD,E2_ZD} and ZYSS in OP", "surgical"),
    ]
    assert told(small(manifest, rules))["EC19"].by == ("EA19", "EB19")


def test_what_added_codes_undo_takes_nothing_for_good(manifest: Manifest) -> None:
    rules = [("EA1", "{ZYSS,QTSS} not in OP", "medical"), ("EB1", "", "medical")]
    found = told(small(manifest, rules))["EB19"]
    assert found.verdict == "reachable"
    assert found.case is not None
    assert found.case.procedures == ("32.4100",)


def test_added_codes_are_tried_before_a_group_is_called_unreachable(manifest: Manifest) -> None:
    rules = [
        ("EA1", "{ZYSS,QTSS} not in OP", "medical"),
        ("EB1", "{ZYSS,QTSS} in OP", "surgical"),
        ("EC1", "", "medical"),
    ]
    found = told(small(manifest, rules))["EC19"]
    assert (found.verdict, found.by) == ("unreachable", ("EA19", "EB19"))


def test_no_common_code(manifest: Manifest) -> None:
    found = told(small(manifest, [("EA1", "ZYZD in ELSE_ZD", "medical")]))["EA19"]
    assert (found.verdict, found.why) == ("unreachable", "no_code")


def test_codes_that_the_authority_does_not_know(manifest: Manifest) -> None:
    pack = small(manifest, [("EA1", "ZYZD in E_ZD and QTZD in OLD_ZD", "medical")])
    assert told(pack)["EA19"].why == "unknown_codes"
    assert told(pack, None)["EA19"].verdict == "reachable"


def test_a_rule_that_never_holds_and_numbers_that_contradict(manifest: Manifest) -> None:
    rules = [("EA1", "0", "medical"), ("EB1", "NL < 18 and NL >= 60", "medical")]
    found = told(small(manifest, rules))
    assert (found["EA19"].verdict, found["EA19"].why) == ("unreachable", "no_way")
    assert (found["EB19"].verdict, found["EB19"].why) == ("unreachable", "numbers")


def test_ages_and_days_are_found(manifest: Manifest) -> None:
    rules = [
        ("EA1", "XSRTL <= 28 and XSRTZ < 1500", "medical"),
        ("EB1", "NL >= 70 and XB = 2", "medical"),
        ("EC1", "not (NL < 18)", "medical"),
        ("ED1", "", "medical"),
    ]
    found = {code: r.case for code, r in told(small(manifest, rules)).items()}
    assert all(found.values())
    newborn, old, child = (found[c] or GroupingInput(None) for c in ("EA19", "EB19", "ED19"))
    assert (newborn.age, (newborn.weight_g or 0) < 1500) == (0, True)
    assert (old.sex, old.age) == (2, 70)
    assert (child.age or 0) < 18


def test_a_level_whose_codes_are_all_excluded(manifest: Manifest) -> None:
    splits = {"EA1": [("EA11", "QTZD in MCC"), ("EA13", "QTZD in {MCC,CC}"), ("EA15", "")]}
    cc = [("J96.000", "MCC", "1"), ("E87.600", "CC", "2")]
    found = told(small(manifest, [("EA1", "ZYZD in {E1_ZD,E2_ZD}", "medical")], splits, cc))
    assert (found["EA11"].verdict, found["EA11"].why) == ("unreachable", "all_excluded")
    assert found["EA13"].case is not None
    assert found["EA13"].case.others == ("E87.600",)
    assert found["EA15"].verdict == "reachable"


def test_a_level_that_the_split_puts_behind_an_open_one(manifest: Manifest) -> None:
    splits = {"EA1": [("EA19", ""), ("EA11", "QTZD in MCC")]}
    found = told(small(manifest, [("EA1", "", "medical")], splits, [("E87.600", "MCC", "2")]))
    assert (found["EA11"].why, found["EA11"].by) == ("taken", ("EA19",))


def test_what_the_pack_does_not_cover(manifest: Manifest) -> None:
    gap = Gap(id="lost", groups=("EA1",), title="缺表", reason="r", missing="m")
    found = told(small(manifest, [("EA1", "ZYSS in OP", "surgical")], gaps=(gap,)))["EA19"]
    assert (found.verdict, found.why, found.by) == ("unreachable", "not_covered", ("lost",))


def test_different_codes_of_one_list(manifest: Manifest) -> None:
    rules = [("EA1", "length(OP ∩ {ZYSS,QTSS}) >= 2", "surgical")]
    found = told(small(manifest, rules))["EA19"]
    assert found.case is not None
    assert set(found.case.procedures) == {"32.4100", "33.0100"}


def test_counted_conditions_and_other_procedures(manifest: Manifest) -> None:
    rules = [
        ("EA1", "count(ZYSS in OP, ZYSS in OP2, QTZD in ELSE_ZD) >= 2", "surgical"),
        ("EB1", "QTSS in OP2", "surgical"),
    ]
    found = told(small(manifest, rules))
    both, later = found["EA19"].case, found["EB19"].case
    assert both is not None
    assert both.others == ("K35.900",)
    assert later is not None
    assert later.procedures[1] == "34.0100"


def test_the_search_gives_up_without_a_verdict(manifest: Manifest) -> None:
    rules = [("EA1", "", "medical"), ("EB1", "ZYSS in OP", "surgical")]
    (_, found) = list(witnesses(small(manifest, rules), BOOK, tries=1))
    assert (found.verdict, found.why) == ("undecided", "")


def test_every_reason_has_words() -> None:
    assert [why for why, words in WHY.items() if why and not words] == []

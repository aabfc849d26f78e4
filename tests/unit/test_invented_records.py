"""The invented records: well-formed, codes that exist, quotes that are there, groups that agree."""

from __future__ import annotations

import csv
import string
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from zhibian.grouping.engine import group
from zhibian.grouping.pack import RulePack, load_scheme
from zhibian.grouping.types import GroupingInput, Status
from zhibian.records.case_file import case_files, read_raw
from zhibian.records.case_json import Limits, case_from_mapping
from zhibian.records.types import Admission, Case

ROOT = Path(__file__).resolve().parents[2]
RECORDS = case_files(ROOT / "tests" / "cases" / "records")
EXAMPLES = case_files(ROOT / "examples")
SCHEME = "chs-drg-1.1@published"
LIMITS = Limits(document_chars=20_000, file_bytes=200_000)
# Thrombolysis by vein has no code below its grey subcategory.
GREY_WITHOUT_FINER_CODE = {"99.1000"}
LIKE_A_NUMBER_OF_A_PERSON = 11

Row = Mapping[str, str]
Lines = Sequence[Mapping[str, Any]]


def _table(path: Path) -> dict[str, Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def diagnoses(rules: Path) -> dict[str, Row]:
    return _table(rules / "terminology" / "icd10-nhsa-2.0.csv")


@pytest.fixture(scope="module")
def procedures(rules: Path) -> dict[str, Row]:
    return _table(rules / "terminology" / "icd9cm3-nhsa-2.0.csv")


@pytest.fixture(scope="module")
def pack(rules: Path) -> RulePack:
    return load_scheme(rules, SCHEME)


def _raw(path: Path) -> dict[str, Any]:
    raw = read_raw(path, LIMITS)
    assert isinstance(raw, dict)
    return raw


def _case(raw: Mapping[str, Any], path: Path) -> Case:
    without_gold = {key: value for key, value in raw.items() if key != "gold"}
    read = case_from_mapping(without_gold, path.name, LIMITS)
    assert read.warnings == ()
    assert read.case.id == path.stem
    return read.case


def _page_diagnoses(page: Mapping[str, Any]) -> Lines:
    return [page["principal"], *page["others"]]


def _codes(lines: Lines) -> tuple[str, ...]:
    return tuple(line["code"] for line in lines)


def _drg(stay: Admission | None, page: Mapping[str, Any], pack: RulePack) -> str:
    assert stay is not None
    grouping = group(
        GroupingInput(
            principal=page["principal"]["code"],
            others=_codes(page["others"]),
            procedures=_codes(page["procedures"]),
            sex=stay.sex.digit,
            age=stay.age,
            age_days=stay.age_days,
            weight_g=stay.birth_weight_g or stay.admission_weight_g,
        ),
        pack,
        trace=False,
    )
    assert grouping.status is Status.GROUPED
    return grouping.drg


def _accepted(gold: Mapping[str, Any]) -> Iterator[str]:
    yield from _codes(_page_diagnoses(gold))
    yield from _codes(gold["procedures"])
    for others in gold["acceptable"].values():
        yield from others


def _digits_in_a_row(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character.isdigit() else 0
        longest = max(longest, run)
    return longest


def test_no_record_of_any_set_is_lost_and_the_example_is_there() -> None:
    sizes = {"H": 16, "K": 16, "L": 16, "M": 12, "N": 32, "P": 30, "Q": 32, "R": 40}
    stems = [f"{series}{n:02d}" for series, size in sizes.items() for n in range(1, size + 1)]
    assert [path.stem for path in RECORDS] == stems
    assert ROOT / "examples" / "heart-failure-pneumonia.json" in EXAMPLES


@pytest.mark.parametrize("series", ["N", "Q", "R"])
def test_a_set_covers_all_major_categories(series: str) -> None:
    groups = [_raw(p)["gold"]["drg_1_1"] for p in RECORDS if p.stem.startswith(series)]
    assert {group[0] for group in groups} == set(string.ascii_uppercase)


@pytest.mark.parametrize("path", [*EXAMPLES, *RECORDS], ids=lambda path: path.stem)
def test_case_is_valid_and_its_filed_codes_exist(
    path: Path, diagnoses: dict[str, Row], procedures: dict[str, Row]
) -> None:
    raw = _raw(path)
    case = _case(raw, path)
    assert case.admission is not None
    assert all(_digits_in_a_row(d.text) < LIKE_A_NUMBER_OF_A_PERSON for d in case.documents)
    page = raw["coded_front_page"]
    for line in _page_diagnoses(page):
        assert diagnoses[line["code"]]["name"] == line["name"]
    for line in page["procedures"]:
        assert procedures[line["code"]]["name"] == line["name"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_carries_no_answer(path: Path) -> None:
    assert "gold" not in _raw(path)


def test_example_misses_one_mcc_and_carries_one_unsupported_cc(pack: RulePack) -> None:
    path = ROOT / "examples" / "heart-failure-pneumonia.json"
    raw = _raw(path)
    page = raw["coded_front_page"]
    stay = _case(raw, path).admission
    supported = [line for line in page["others"] if line["code"] != "I48.000"]
    right = {**page, "others": [*supported, {"code": "I50.900x019"}]}
    text = "".join(document["text"] for document in raw["documents"])
    assert "排除心房颤动" in text
    assert "诊断射血分数保留的心力衰竭（舒张性心力衰竭）" in text
    assert "低钾" not in text
    assert "低血钾" not in text
    assert _drg(stay, page, pack) == "ES33"
    assert _drg(stay, right, pack) == "ES31"


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_gold_codes_exist_and_are_of_the_finest_level(
    path: Path, diagnoses: dict[str, Row], procedures: dict[str, Row]
) -> None:
    gold = _raw(path)["gold"]
    for line in _page_diagnoses(gold):
        assert diagnoses[line["code"]]["name"] == line["name"]
        assert diagnoses[line["code"]]["grey"] == "0", line["code"]
        assert line["poa"] in {"1", "2", "3", "4"}
    for line in gold["procedures"]:
        assert procedures[line["code"]]["name"] == line["name"]
        grey = procedures[line["code"]]["grey"] == "1"
        assert grey == (line["code"] in GREY_WITHOUT_FINER_CODE), line["code"]
    own = {*_codes(_page_diagnoses(gold)), *_codes(gold["procedures"])}
    assert set(gold["acceptable"]) <= own
    assert set(_accepted(gold)) <= {*diagnoses, *procedures}
    codes = _codes(_page_diagnoses(gold))
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_evidence_and_traps_are_verbatim(path: Path, diagnoses: dict[str, Row]) -> None:
    raw = _raw(path)
    gold = raw["gold"]
    texts = [document["text"] for document in raw["documents"]]
    for line in [*_page_diagnoses(gold), *gold["procedures"]]:
        assert 0 <= line["document"] < len(texts), line["code"]
        assert line["evidence"] in texts[line["document"]], line["code"]
    assert len(gold["must_not"]) >= 3
    for trap in gold["must_not"]:
        assert any(trap["quote"] in text for text in texts), trap["code_family"]
        assert trap["why"]
        assert any(code.startswith(trap["code_family"]) for code in diagnoses)
        assert not any(code.startswith(trap["code_family"]) for code in _accepted(gold))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_groups_and_severities_are_those_of_the_published_scheme(
    path: Path, pack: RulePack, rules: Path
) -> None:
    raw = _raw(path)
    gold = raw["gold"]
    stay = _case(raw, path).admission
    assert _drg(stay, gold, pack) == gold["drg_1_1"]
    assert _drg(stay, raw["coded_front_page"], pack) == gold["coded_drg_1_1"]
    levels = {code: row["level"] for code, row in _table(rules / "chs-drg/1.1/cc.csv").items()}
    for line in gold["others"]:
        assert levels.get(line["code"], "none") == line["severity"], line["code"]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_planted_errors_are_the_difference_of_the_two_pages(path: Path) -> None:
    raw = _raw(path)
    gold, page = raw["gold"], raw["coded_front_page"]
    accepted = gold["acceptable"]
    principal = page["principal"]["code"]
    filed = {*_codes(_page_diagnoses(page)), *_codes(page["procedures"])}
    wanted = [*_codes(gold["others"]), *_codes(gold["procedures"])]
    missed = {code for code in wanted if filed.isdisjoint({code, *accepted.get(code, ())})}
    right = gold["principal"]["code"]
    wrong_principal = principal not in {right, *accepted.get(right, ())}
    unsupported = filed - set(_accepted(gold)) - ({principal} if wrong_principal else set())
    assert set(gold["planted"]["missed"]) == missed
    assert set(gold["planted"]["unsupported"]) == unsupported
    assert gold["planted"]["wrong_principal"] is wrong_principal

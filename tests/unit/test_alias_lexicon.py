"""The alias lexicons (别名词典) name codes that exist, once each, and nothing ambiguous."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

KINDS = {"diagnosis": "icd10-nhsa-2.0.csv", "procedure": "icd9cm3-nhsa-2.0.csv"}
LEXICON_HEADER = ["alias", "code", "name"]
AMBIGUOUS_HEADER = ["alias", "codes", "reason"]


@dataclass(frozen=True, slots=True)
class Alias:
    text: str
    code: str
    name: str
    source: str

    def __str__(self) -> str:
        return f"{self.source}: {self.text} -> {self.code} {self.name}"


@dataclass(frozen=True, slots=True)
class CodeSet:
    names: dict[str, str]
    grey: frozenset[str]

    def codes_named(self) -> dict[str, set[str]]:
        named: dict[str, set[str]] = {}
        for code, name in self.names.items():
            named.setdefault(normalised(name), set()).add(code)
        return named


def normalised(text: str) -> str:
    """Return `text` as the matcher reads it: half-width, ASCII in upper case."""
    half = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
    return text.translate(half).upper()


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def files(rules: Path, kind: str, header: list[str]) -> Iterator[tuple[Path, list[list[str]]]]:
    for path in sorted((rules / "lexicons" / "aliases" / kind).glob("*.csv")):
        content = rows(path)
        if content[0] == header:
            yield path, content[1:]


def aliases(rules: Path, kind: str) -> list[Alias]:
    return [
        Alias(text, code, name, path.name)
        for path, content in files(rules, kind, LEXICON_HEADER)
        for text, code, name in content
    ]


def reasons(rules: Path, table: str) -> dict[str, str]:
    """Read an exception table: first column, normalised, to its reason."""
    path = rules / "lexicons" / "aliases" / table
    return {normalised(row[0]): row[-1] for row in rows(path)[1:]}


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def official(rules: Path, kind: str) -> CodeSet:
    entries = rows(rules / "terminology" / KINDS[kind])[1:]
    names = {entry[0]: entry[1] for entry in entries}
    return CodeSet(names, frozenset(entry[0] for entry in entries if entry[2] == "1"))


def test_every_table_has_a_known_header(rules: Path, kind: str) -> None:
    folder = rules / "lexicons" / "aliases" / kind
    known = (LEXICON_HEADER, AMBIGUOUS_HEADER)
    assert [p.name for p in sorted(folder.glob("*.csv")) if rows(p)[0] not in known] == []


def test_aliases_are_at_least_two_characters_and_trimmed(rules: Path, kind: str) -> None:
    wrong = [a for a in aliases(rules, kind) if len(a.text) < 2 or a.text != a.text.strip()]
    assert [str(a) for a in wrong] == []


def test_no_alias_means_two_codes(rules: Path, kind: str) -> None:
    meanings: dict[str, set[str]] = {}
    for alias in aliases(rules, kind):
        meanings.setdefault(normalised(alias.text), set()).add(alias.code)
    assert {text: codes for text, codes in meanings.items() if len(codes) > 1} == {}


def test_no_alias_is_listed_as_ambiguous(rules: Path, kind: str) -> None:
    ambiguous = {
        normalised(row[0]) for _, content in files(rules, kind, AMBIGUOUS_HEADER) for row in content
    }
    wrong = [a for a in aliases(rules, kind) if normalised(a.text) in ambiguous]
    assert [str(a) for a in wrong] == []


def test_no_alias_swallows_a_word_of_doubt(rules: Path, kind: str) -> None:
    """A cue inside a term is no cue any more: 肺炎待排 must stay 肺炎 and a doubt."""
    doubts = ("待排", "待查", "待除外", "待定", "待分型", "不除外")
    wrong = [
        a
        for a in aliases(rules, kind)
        if a.source == "ward-wording.csv" and any(doubt in a.text for doubt in doubts)
    ]
    assert [str(a) for a in wrong] == []


def test_ambiguous_entries_have_a_reason_and_codes_that_exist(
    rules: Path, kind: str, official: CodeSet
) -> None:
    wrong = [
        (path.name, text, codes)
        for path, content in files(rules, kind, AMBIGUOUS_HEADER)
        for text, codes, reason in content
        if not reason or any(code not in official.names for code in codes.split(";") if code)
    ]
    assert wrong == []


def test_every_code_exists_under_its_official_name(
    rules: Path, kind: str, official: CodeSet
) -> None:
    wrong = [a for a in aliases(rules, kind) if official.names.get(a.code) != a.name]
    assert [str(a) for a in wrong] == []


def test_no_grey_code_without_a_reason(rules: Path, kind: str, official: CodeSet) -> None:
    allowed = reasons(rules, "grey-allowed.csv")
    wrong = {a.code for a in aliases(rules, kind) if a.code in official.grey}
    assert sorted(code for code in wrong if not allowed.get(normalised(code))) == []


def test_an_alias_that_is_an_official_name_elsewhere_has_a_reason(
    rules: Path, kind: str, official: CodeSet
) -> None:
    overrides = reasons(rules, "overrides.csv")
    named = official.codes_named()

    def excused(alias: Alias) -> bool:
        """Say whether a reason is listed, or the file is for names that only grey codes carry."""
        text = normalised(alias.text)
        only_grey = named[text] <= official.grey and alias.code not in official.grey
        return bool(overrides.get(text)) or (alias.source.startswith("grey-names") and only_grey)

    wrong = [
        a
        for a in aliases(rules, kind)
        if a.code not in named.get(normalised(a.text), {a.code}) and not excused(a)
    ]
    assert [str(a) for a in wrong] == []


def test_no_alias_repeats_the_official_name_of_its_own_code(
    rules: Path, kind: str, official: CodeSet
) -> None:
    wrong = [
        a
        for a in aliases(rules, kind)
        if normalised(a.text) == normalised(official.names.get(a.code, ""))
    ]
    assert [str(a) for a in wrong] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("慢阻肺急性加重", "J44.100"),
        ("社区获得性肺炎", "J15.902"),
        ("Ⅱ型呼衰", "J96.900x003"),
        ("CKD5期", "N18.500"),
        ("AKI 3期", "N17.901"),
        ("高血压病3级（很高危）", "I10.x05"),
        ("高血压3级 很高危", "I10.x05"),
        ("2型糖尿病（血糖控制不佳）", "E11.600x051"),
        ("T2DM", "E11.900"),
        ("慢性收缩性心力衰竭", "I50.908"),
        ("HFpEF", "I50.900x019"),
        ("心功能Ⅲ级", "I50.900x008"),
        ("房颤", "I48.900x004"),
        ("ITP", "D69.300"),
        ("低钾", "E87.600"),
        ("低白蛋白血症", "E77.801"),
        ("Hp感染", "A49.809"),
        ("甲亢", "E05.900x001"),
        ("乙肝肝硬化失代偿期", "K74.602"),
        ("骶尾部压疮（2期）", "L89.101"),
        ("PCI术后", "Z95.500x002"),
        ("人工晶体眼", "Z96.101"),
    ],
)
def test_wording_of_records_reaches_the_code(rules: Path, text: str, code: str) -> None:
    found = {normalised(a.text): a.code for a in aliases(rules, "diagnosis")}
    assert found.get(normalised(text)) == code

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from zhibian.documents.lexicon import load_reading_lexicon
from zhibian.documents.types import Assertion, SectionKind
from zhibian.problems import InputError

RULES = Path(__file__).resolve().parents[3] / "rules"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in ("sections.yaml", "stop_terms.txt"):
        (tmp_path / "lexicons").mkdir(exist_ok=True)
        shutil.copy(RULES / "lexicons" / name, tmp_path / "lexicons" / name)
    shutil.copytree(RULES / "lexicons" / "assertion", tmp_path / "lexicons" / "assertion")
    return tmp_path


def codes(rules: Path) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        load_reading_lexicon(rules)
    return [(problem.field, problem.code) for problem in caught.value.problems]


def test_every_assertion_but_present_has_cues_and_every_section_a_heading() -> None:
    lexicon = load_reading_lexicon(RULES)
    cued = {cue.assertion for cues in lexicon.cues.cues.values() for cue in cues}
    assert cued == set(Assertion) - {Assertion.PRESENT}
    headed = {*lexicon.headings.strong.values(), *lexicon.headings.weak.values()}
    by_document = {rule.default for rule in lexicon.documents}
    assert headed | by_document == set(SectionKind)


def test_a_bare_heading_is_a_strong_one_of_the_same_section() -> None:
    headings = load_reading_lexicon(RULES).headings
    assert all(headings.strong.get(word) is kind for word, kind in headings.bare.items())


def test_an_absent_folder_is_told_with_all_files_and_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_reading_lexicon(tmp_path)
    missing = [p for p in caught.value.problems if p.code == "lexicon_missing"]
    assert {p.field for p in missing} >= {"sections.yaml", "negated.yaml", "stop_terms.txt"}
    assert all(p.remedy for p in caught.value.problems)


def test_problems_of_several_files_are_told_at_once(copied: Path) -> None:
    folder = copied / "lexicons"
    (folder / "assertion" / "family.yaml").write_text(
        "assertion: family\ncues:\n  - {side: beside, words: [父亲]}\n", encoding="utf-8"
    )
    (folder / "assertion" / "planned.yaml").write_bytes(b"\xff\xfe")
    text = (folder / "sections.yaml").read_text(encoding="utf-8")
    (folder / "sections.yaml").write_text(text.replace("  主诉:", "  主述:"), encoding="utf-8")
    assert set(codes(copied)) >= {
        ("sections.yaml:sections.主述", "lexicon_name_unknown"),
        ("family.yaml:cues[0].side", "lexicon_side"),
        ("planned.yaml", "lexicon_unreadable"),
    }


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("pseudo:\n", "pseudo: 3\nformer:\n", "lexicon_shape"),
        ("  家族史: family", "  家族史: cousin", "lexicon_name_unknown"),
        ("  moments:\n", "  moments:\n    - '('\n", "lexicon_pattern"),
    ],
)
def test_a_wrong_scope_file_is_told(copied: Path, old: str, new: str, code: str) -> None:
    path = copied / "lexicons" / "assertion" / "scope.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert code in {found for _, found in codes(copied)}

"""Every snippet under tests/cases/assertion: what the text says of the term."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import yaml

from zhibian.documents.assertion import assert_mention
from zhibian.documents.lexicon import ReadingLexicon, load_reading_lexicon
from zhibian.documents.normalise import normalise
from zhibian.documents.types import Assertion, SectionKind

_HERE = Path(__file__).resolve().parent
_RULES = _HERE.parents[1] / "rules"


def _cases() -> list[tuple[str, str, SectionKind, Assertion]]:
    found = []
    for path in sorted((_HERE / "assertion").glob("*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in data["cases"]:
            section = SectionKind(case.get("section", "其他"))
            expect = Assertion(case.get("expect", data.get("expect")))
            found.append((case["text"], case["term"], section, expect))
    return found


@cache
def _lexicon() -> ReadingLexicon:
    return load_reading_lexicon(_RULES)


@pytest.mark.parametrize(
    ("text", "term", "section", "expect"),
    _cases(),
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_assertion(text: str, term: str, section: SectionKind, expect: Assertion) -> None:
    normalised = normalise(text)
    start = normalised.index(normalise(term))
    assertion, _ = assert_mention(normalised, (start, start + len(term)), section, _lexicon().cues)
    assert assertion is expect


def test_there_are_enough_cases_of_every_assertion() -> None:
    counted = dict.fromkeys(Assertion, 0)
    for *_, expect in _cases():
        counted[expect] += 1
    assert sum(counted.values()) >= 450
    assert min(counted.values()) >= 40

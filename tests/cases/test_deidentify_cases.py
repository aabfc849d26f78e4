"""De-identification of invented texts: what identifies a person is found, what does not stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cases.deidentify_texts import Marked, read_marked

from zhibian.records.deidentify.find import find_identifiers
from zhibian.records.deidentify.rules import Rules, load_rules
from zhibian.settings import Settings

FOLDER = Path(__file__).parent / "deidentify"
DEVELOPMENT = read_marked(FOLDER / "development.yaml")


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules(Settings().rules)


@pytest.mark.parametrize("marked", DEVELOPMENT, ids=range(len(DEVELOPMENT)))
def test_development_texts_are_found_exactly(marked: Marked, rules: Rules) -> None:
    (found,) = find_identifiers([marked.text], rules)
    assert [(p.kind, marked.text[p.start : p.end]) for p in found] == [
        (kind, marked.text[start:end]) for kind, start, end in marked.places
    ]

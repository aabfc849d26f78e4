"""De-identification of invented texts: what identifies a person is found, what does not stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cases.deidentify_texts import Marked, read_marked

from zhibian.evaluation.deidentification import (
    ALL,
    TextScore,
    deidentification_figures,
    score_text,
)
from zhibian.records.deidentify.find import find_identifiers
from zhibian.records.deidentify.places import Identifier
from zhibian.records.deidentify.rules import Rules, load_rules
from zhibian.settings import Settings

FOLDER = Path(__file__).parent / "deidentify"
DEVELOPMENT = read_marked(FOLDER / "development.yaml")
#: What each set of test texts may not fall below, a little under docs/deidentification.md.
FLOORS = {
    "test.yaml": {
        ("recall", ALL): 0.93,
        ("precision", ALL): 0.96,
        ("recall", "name"): 0.90,
        ("precision", "name"): 0.95,
        ("recall", "id_card"): 1.0,
        ("recall", "phone"): 0.95,
        ("recall", "address"): 0.90,
        ("recall", "organisation"): 0.95,
        ("recall", "record_number"): 0.93,
        ("recall", "contact"): 1.0,
    },
    "test_later.yaml": {
        ("recall", ALL): 0.86,
        ("precision", ALL): 0.96,
        ("recall", "name"): 0.82,
        ("precision", "name"): 0.95,
        ("recall", "organisation"): 0.95,
        ("recall", "record_number"): 0.95,
    },
}
MOST_LEFT = 0.07
MOST_LOST = 0.005


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules(Settings().rules)


@pytest.mark.parametrize("marked", DEVELOPMENT, ids=range(len(DEVELOPMENT)))
def test_development_texts_are_found_exactly(marked: Marked, rules: Rules) -> None:
    (found,) = find_identifiers([marked.text], rules)
    assert [(p.kind, marked.text[p.start : p.end]) for p in found] == [
        (kind, marked.text[start:end]) for kind, start, end in marked.places
    ]


def _scores(texts: list[Marked], rules: Rules) -> list[TextScore]:
    return [
        score_text(
            len(marked.text),
            [Identifier(kind, start, end) for kind, start, end in marked.places],
            find_identifiers([marked.text], rules)[0],
        )
        for marked in texts
    ]


@pytest.mark.parametrize("file", FLOORS)
def test_test_texts_keep_their_figures(file: str, rules: Rules) -> None:
    figures = deidentification_figures(_scores(read_marked(FOLDER / file), rules))
    for (name, kind), measured in figures.items():
        figure = measured.figure
        print(
            f"{name:<28}{kind:<14} n={measured.n:<5}"
            f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"
        )
    for place, floor in FLOORS[file].items():
        assert figures[place].figure.value >= floor, place
    assert figures["identifying characters left", ALL].figure.value <= MOST_LEFT
    assert figures["other characters lost", ALL].figure.value <= MOST_LOST

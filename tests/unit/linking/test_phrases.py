"""Phrases are linked with calibrated scores, and nothing is loaded before it is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.unit.linking.conftest import comparer_of, ranker_by

from zhibian.coding.terms.linker import TermLinker
from zhibian.coding.terms.phrases import (
    FILE,
    SIGNS,
    CalibratedLinker,
    Curve,
    Curves,
    curves_as_data,
    load_curves,
    signs_of,
)
from zhibian.coding.terms.types import Kind, LinkedCode
from zhibian.coding.voices import PhraseLinker
from zhibian.evaluation.data.term_pairs import TermPair
from zhibian.problems import InputError
from zhibian.terminology.tables import write_yaml
from zhibian.training.phrases import Trial, fit_curve, hold_out, measure, wilson

NO_WEIGHTS = np.zeros(len(SIGNS), np.float32)


def curve(sign: str, weight: float, constant: float = 0.0) -> Curve:
    weights = NO_WEIGHTS.copy()
    weights[SIGNS.index(sign)] = weight
    return Curve(weights, constant)


@pytest.fixture
def asked() -> list[Kind]:
    return []


@pytest.fixture
def linker(rules: Path, asked: list[Kind]) -> PhraseLinker:
    def make(kind: Kind) -> TermLinker:
        asked.append(kind)
        comparer = comparer_of(rules)
        return TermLinker(comparer, ranker_by(comparer, "contained", 0.5))

    return CalibratedLinker("v", make, {("diagnosis", "spelling"): curve("ratio", 8, -4)})


def test_nothing_is_loaded_before_a_phrase_is_asked_for(
    linker: PhraseLinker, asked: list[Kind]
) -> None:
    assert list(linker.link(["", "  "], "diagnosis")) == [(), ()]
    assert asked == []
    linker.link(["急性胃炎"], "diagnosis")
    linker.link(["高血压"], "diagnosis")
    assert asked == ["diagnosis"]


def test_codes_come_ranked_by_calibrated_score(linker: PhraseLinker) -> None:
    exact, empty, near = linker.link(["急性胃炎", "", "急性胃炎伴高血压"], "diagnosis")
    assert exact[0].code == "K29.100"
    assert exact[0].score > 0.95
    assert [one.score for one in exact] == sorted((one.score for one in exact), reverse=True)
    assert empty == ()
    assert near[0].score < exact[0].score


def test_signs_tell_certainty_lead_and_shared_words() -> None:
    listed = [LinkedCode("A", "急性胃炎", 0.9), LinkedCode("B", "慢性胃炎", 0.4)]
    rows = dict(zip(SIGNS, signs_of("胃炎", listed).T, strict=True))
    assert rows["lead"].tolist() == pytest.approx([0.5, -0.5])
    assert rows["phrase_said"].tolist() == [1, 1]
    assert rows["name_said"].tolist() == [0.5, 0.5]
    assert rows["short"].tolist() == [1, 1]


def test_curves_are_read_as_they_were_written(tmp_path: Path) -> None:
    curves: Curves = {("procedure", "encoder"): curve("lead", 2.5, -1.25)}
    write_yaml(tmp_path / FILE, {"curves": curves_as_data(curves)}, "test")
    read = load_curves(tmp_path / FILE)
    assert read["procedure", "encoder"].constant == -1.25
    assert (
        read["procedure", "encoder"].weights.tolist()
        == curves["procedure", "encoder"].weights.tolist()
    )


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    write_yaml(tmp_path / FILE, {"curves": {"diagnosis": [1]}}, "test")
    with pytest.raises(InputError):
        load_curves(tmp_path / FILE)


def test_held_out_aliases_are_unknown_to_the_encoder_and_split_in_halves() -> None:
    pairs = [TermPair(f"{n}号{k}", (f"名{n}",)) for n in range(40) for k in range(3)]
    names, to_fit, to_measure = hold_out(pairs, pairs[::3], drawn=20)
    asked = [*to_fit, *to_measure]
    assert len(names) == len(asked) == 20
    assert {pair.names[0] for pair in asked} == names
    assert not set(asked) & set(pairs[::3])
    assert len(to_fit) == len(to_measure)


def test_the_curve_learns_which_sign_tells_right_from_wrong() -> None:
    dice = np.random.default_rng(4)
    trials = []
    for _ in range(300):
        signs = dice.random((2, len(SIGNS)), dtype=np.float32)
        right = (signs[:, 3] > 0.5).astype(np.float32)
        trials.append(Trial(signs, right))
    found = measure(fit_curve(trials), trials)
    assert found["first_right"] > 0.7
    assert found["floors"]["0.9"]["precision"] > 0.95
    low, high = found["floors"]["0.9"]["interval"]
    assert 0 < low < found["floors"]["0.9"]["precision"] <= high


def test_no_observation_leaves_everything_open() -> None:
    assert wilson(0, 0) == (0.0, 1.0)

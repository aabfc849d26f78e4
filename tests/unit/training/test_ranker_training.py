"""The ranker learns to prefer right candidates, and its file gives back what was trained."""

from __future__ import annotations

import json

import numpy as np

from zhibian.coding.terms.features import Compared
from zhibian.coding.terms.ranker import ranker_from
from zhibian.evaluation.data.term_pairs import TermPair
from zhibian.training.labels import learn_labels
from zhibian.training.ranker import Example, TreeRecipe, measure, train_ranker

CODES = [f"A{n:02d}.000" for n in range(40)]


def example(dice: np.random.Generator) -> Example:
    places = dice.permutation(40)[:12].astype(np.int64)
    rows = dice.normal(size=(12, 3)).astype(np.float32)
    right = int(rows[:, 1].argmax())
    cover = dice.random((12, 6)).astype(np.float32)
    near = np.eye(12, dtype=np.float32)
    return Example(Compared(places, rows, cover, near), frozenset({int(places[right])}), 1)


def test_training_finds_the_feature_that_decides() -> None:
    dice = np.random.default_rng(5)
    examples = [example(dice) for _ in range(100)]
    content, score = train_ranker(
        examples, ("a", "b", "c"), CODES, goal="accuracy", recipe=TreeRecipe(trees=25)
    )
    assert score.accuracy > 0.6
    ranker = ranker_from(json.loads(json.dumps(content)))
    unseen = [example(dice) for _ in range(50)]
    ranked = ranker.rank([e.compared for e in unseen], CODES)
    first = [int(places[0]) in e.right for (places, _), e in zip(ranked, unseen, strict=True)]
    assert np.mean(first) > 0.6
    assert all(np.all(np.diff(scores) <= 0) for _, scores in ranked)


def test_names_that_the_code_set_lacks_count_as_missed() -> None:
    dice = np.random.default_rng(1)
    one = example(dice)
    two_wanted = Example(one.compared, one.right, 2)
    (right,) = one.right
    score = measure([two_wanted], [np.array([right])], [np.array([0.9], np.float32)], 0.5)
    assert score.accuracy == 0
    assert abs(score.f1 - 2 / 3) < 1e-9


def test_at_least_one_name_is_always_chosen() -> None:
    one = example(np.random.default_rng(1))
    (right,) = one.right
    assert measure([one], [np.array([right])], [np.array([0.01], np.float32)], 0.5).accuracy == 1


def test_a_label_points_where_its_wordings_point() -> None:
    pairs = [TermPair("甲", ("一",)), TermPair("乙", ("一", "二"))]
    labels = learn_labels(pairs, np.eye(2, dtype=np.float32))
    assert labels.counts.tolist() == [2, 1]
    assert np.allclose(np.linalg.norm(labels.vectors, axis=1), 1)
    assert labels.vectors[0] @ np.array([1, 0]) > labels.vectors[0] @ np.array([0, 1])
    assert labels.vectors[1].tolist() == [0, 1]

"""N-gram rows agree with those of scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from zhibian.coding.terms.grams import grams_of, learn_grams

NAMES = ("急性胃炎", "慢性胃炎", "胃胃炎", "高血压", "2型糖尿病")
TERMS = ("胃炎", "急性高血压2型", "未见过的词", "")


def test_products_agree_with_scikit_learn() -> None:
    grams, rows = learn_grams(NAMES)
    theirs = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 3), sublinear_tf=True, lowercase=False
    )
    of_names = theirs.fit_transform(NAMES)
    expected = (theirs.transform(TERMS) @ of_names.T).toarray()
    assert np.allclose((grams.rows(TERMS) @ rows.T).toarray(), expected, atol=1e-6)


def test_all_lengths_are_counted_with_repetition() -> None:
    assert grams_of("胃胃炎") == ["胃", "胃", "炎", "胃胃", "胃炎", "胃胃炎"]

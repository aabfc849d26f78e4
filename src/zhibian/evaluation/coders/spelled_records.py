"""Records as character n-grams (字符 n 元组): what baselines without any lexicon see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from zhibian.documents.normalise import normalise
from zhibian.records.types import Case


def record_text(case: Case) -> str:
    """Return the normalised words of a record, blanks left out."""
    return "\n".join("".join(normalise(document.text).split()) for document in case.documents)


def learn_grams(
    cases: Sequence[Case], lengths: tuple[int, int], least: int
) -> tuple[Any, csr_matrix]:
    """Learn the n-grams of records and return the space with the rows of these records.

    Parameters
    ----------
    cases
        Records.
    lengths
        Shortest and longest n-gram, in characters.
    least
        Records that an n-gram must stand in; fewer where there are fewer records.
    """
    space = TfidfVectorizer(
        analyzer="char",
        ngram_range=lengths,
        min_df=min(least, len(cases)),
        sublinear_tf=True,
        dtype=np.float32,
        lowercase=False,
    )
    return space, csr_matrix(space.fit_transform([record_text(case) for case in cases]))

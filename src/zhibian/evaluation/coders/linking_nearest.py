"""Linking to the nearest spelling (近邻链接): TF-IDF of characters, and edit distance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Indel
from sklearn.feature_extraction.text import TfidfVectorizer

from zhibian.coding.terms.parts import clean
from zhibian.evaluation.coders.interface import CoderInfo, LearningSet, LinkedNames, TermQuestion
from zhibian.evaluation.coders.linking_target import RANKED, target_names
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec

BATCH = 128
GRAMS = (1, 3)

#: Cleaned terms to similarities, shape (terms, entries).
Similarity = Callable[[Sequence[str]], NDArray[np.float32]]
#: Makes the similarity to a list of spellings.
Compare = Callable[[Sequence[str]], Similarity]
#: What is searched: spellings, and the names that each stands for.
Entries = Sequence[tuple[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class NearestLinker:
    """Answers a term with the names of the nearest spelling (近邻).

    Attributes
    ----------
    info
        What a reader of a result must know; one that learns searches the wordings of the fit part
        beside the names.
    official
        Spellings of the code set with their names.
    compare
        Makes the similarity to a list of spellings.
    entries, similarity
        What is searched, and how.
    """

    info: CoderInfo
    official: Entries
    compare: Compare
    entries: Entries
    similarity: Similarity

    def learn(self, material: LearningSet) -> NearestLinker:
        """Return the linker that searches the wordings of the fit part as well, if it is to."""
        if not self.info.learns:
            return self
        learned = [(clean(e.question.wording), tuple(e.gold.names)) for e in material.fit]
        entries = [*self.official, *((text, names) for text, names in learned if text)]
        similarity = self.compare([text for text, _ in entries])
        return replace(self, entries=entries, similarity=similarity)

    def code(self, questions: Sequence[TermQuestion]) -> Iterator[LinkedNames]:
        """Yield the names of the nearest spelling, and those of the next ones as candidates."""
        texts = [clean(question.wording) for question in questions]
        for start in range(0, len(texts), BATCH):
            yield from map(self._answer, self.similarity(texts[start : start + BATCH]))

    def _answer(self, similar: NDArray[np.float32]) -> LinkedNames:
        nearest = np.argpartition(-similar, min(RANKED, len(similar) - 1))[:RANKED]
        # Of equally near ones the first: names of the code set stand before wordings.
        order = sorted(nearest.tolist(), key=lambda place: (-similar[place], place))
        near = [self.entries[place][1] for place in order if similar[place] > 0]
        if not near:
            return LinkedNames(())
        return LinkedNames(near[0], tuple(dict.fromkeys(n for names in near for n in names)))


def by_grams(texts: Sequence[str]) -> Similarity:
    """Return the cosine of TF-IDF vectors over runs of one to three characters."""
    vectorizer = TfidfVectorizer(
        analyzer="char", ngram_range=GRAMS, sublinear_tf=True, dtype=np.float32
    )
    held = vectorizer.fit_transform(texts).T.tocsr()

    def similarity(terms: Sequence[str]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = (vectorizer.transform(terms) @ held).toarray()
        return found

    return similarity


def by_edits(texts: Sequence[str]) -> Similarity:
    """Return the normalised indel similarity, 0 to 1 (rapidfuzz)."""

    def similarity(terms: Sequence[str]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = process.cdist(
            terms, texts, scorer=Indel.normalized_similarity, dtype=np.float32
        )
        return found

    return similarity


def _nearest(
    name: str, title: str, package: str, compare: Compare, *, pairs: bool
) -> RegisteredCoder[Parameters]:
    """Return the neighbour by one comparison, among names or among wordings as well."""
    info = CoderInfo(name, title, learns=pairs, versions={package: version(package)})

    def make(given: Parameters, task: TaskSpec, resources: Resources) -> NearestLinker:
        target = target_names(task, resources)
        named = zip(target.spelled, target.names, strict=True)
        official = [(spelled, (name,)) for spelled, name in named]
        similarity = compare([spelled for spelled, _ in official])
        return NearestLinker(info, official, compare, official, similarity)

    return RegisteredCoder(name, title, Parameters, make)


TFIDF = _nearest("tfidf", "TF-IDF 近邻（标准名）", "scikit-learn", by_grams, pairs=False)
TFIDF_PAIRS = _nearest(
    "tfidf-pairs", "TF-IDF 近邻（标准名与训练词）", "scikit-learn", by_grams, pairs=True
)
RAPIDFUZZ = _nearest("rapidfuzz", "编辑距离近邻", "rapidfuzz", by_edits, pairs=False)

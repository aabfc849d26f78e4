"""Linking to the nearest spelling (近邻链接): TF-IDF of characters, and edit distance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Indel
from sklearn.feature_extraction.text import TfidfVectorizer

from zhibian.coding.terms.parts import clean
from zhibian.evaluation.coders.interface import CoderInfo, LearningSet, LinkedNames, TermQuestion
from zhibian.evaluation.coders.linking_target import RANKED, target_names
from zhibian.evaluation.coders.parameters import Parameters, read_parameters
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec

BATCH = 128
GRAMS = (1, 3)

#: Cleaned terms to similarities, shape (terms, entries).
Similarity = Callable[[Sequence[str]], NDArray[np.float32]]
#: What is searched: spellings, and the names that each stands for.
Entries = Sequence[tuple[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class NearestLinker:
    """Answers a term with the names of the nearest spelling (近邻).

    Attributes
    ----------
    info
        What a reader of a result must know.
    official
        Spellings of the code set with their names.
    compare
        Makes the similarity to a list of spellings.
    pairs
        Whether wordings of the fit part are searched beside the names.
    entries, similarity
        What is searched, and how.
    """

    info: CoderInfo
    official: Entries
    compare: Callable[[Sequence[str]], Similarity]
    pairs: bool
    entries: Entries
    similarity: Similarity

    def learn(self, material: LearningSet) -> NearestLinker:
        """Return the linker that searches the wordings of the fit part as well, if it is to."""
        if not self.pairs:
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


def tfidf(parameters: Mapping[str, Any], task: TaskSpec, resources: Resources) -> NearestLinker:
    """Make the TF-IDF neighbour among names; a `CoderFactory`."""
    info = CoderInfo("tfidf", "TF-IDF 近邻（标准名）", versions=_sklearn())
    return _nearest(info, by_grams, parameters, task, resources)


def tfidf_pairs(
    parameters: Mapping[str, Any], task: TaskSpec, resources: Resources
) -> NearestLinker:
    """Make the TF-IDF neighbour among names and learned wordings; a `CoderFactory`."""
    info = CoderInfo(
        "tfidf-pairs", "TF-IDF 近邻（标准名与训练词）", learns=True, versions=_sklearn()
    )
    return _nearest(info, by_grams, parameters, task, resources)


def rapidfuzz(parameters: Mapping[str, Any], task: TaskSpec, resources: Resources) -> NearestLinker:
    """Make the neighbour by edit distance; a `CoderFactory`."""
    versions = {"rapidfuzz": version("rapidfuzz")}
    info = CoderInfo("rapidfuzz", "编辑距离近邻", versions=versions)
    return _nearest(info, by_edits, parameters, task, resources)


def _nearest(
    info: CoderInfo,
    compare: Callable[[Sequence[str]], Similarity],
    parameters: Mapping[str, Any],
    task: TaskSpec,
    resources: Resources,
) -> NearestLinker:
    read_parameters(Parameters, parameters, info.name)
    target = target_names(task, resources)
    pairs = zip(target.spelled, target.names, strict=True)
    official = [(spelled, (name,)) for spelled, name in pairs]
    return NearestLinker(
        info, official, compare, info.learns, official, compare([text for text, _ in official])
    )


def _sklearn() -> Mapping[str, str]:
    return {"scikit-learn": version("scikit-learn")}

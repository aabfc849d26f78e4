"""The pages of the most similar records (相似病历): retrieval over the learning material.

Records are compared by the cosine of their character n-grams. The nearest ones vote, each with its
similarity: for the principal diagnosis, and for every other code. How many vote and from which
share of the votes a code is taken is chosen on records that are not among those searched.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from zhibian.evaluation.coders.cuts import best_cut
from zhibian.evaluation.coders.gold_codes import GoldPage, gold_pages
from zhibian.evaluation.coders.interface import (
    CodedLine,
    CodedPage,
    CoderInfo,
    LearningSet,
    RecordQuestion,
)
from zhibian.evaluation.coders.learning import fit_and_tune, refuse_empty, refuse_unlearned
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.coders.spelled_records import learn_grams, record_text

NAME, TITLE = "nearest-records", "相似病历检索"

Shares = dict[str, float]
Similarities = NDArray[np.float64]


class NearestParameters(Parameters):
    """Settings (参数)."""

    shortest: int = Field(default=1, ge=1, le=6, description="Shortest n-gram, characters")
    longest: int = Field(default=3, ge=1, le=8, description="Longest n-gram, characters")
    least_records: int = Field(default=2, ge=1, description="Records an n-gram must stand in")
    neighbours: tuple[int, ...] = Field(
        default=(1, 3, 5, 10, 20),
        min_length=1,
        description="Numbers of voters that are tried 候选近邻数",
    )


@dataclass(frozen=True, slots=True)
class Voted:
    """Shares of the votes for each code of one record (得票比例)."""

    principal: Shares
    others: Shares
    procedures: Shares


@dataclass(frozen=True, slots=True)
class Library:
    """Records to search in (检索库).

    Attributes
    ----------
    space, rows
        N-grams, and one row of unit length a record.
    pages
        Their codes.
    neighbours
        How many vote.
    others_cut, procedures_cut
        Share of votes from which a code is taken.
    """

    space: Any
    rows: csr_matrix
    pages: tuple[GoldPage, ...]
    neighbours: int = 1
    others_cut: float = 0.5
    procedures_cut: float = 0.5

    def similarities(self, questions: Sequence[RecordQuestion]) -> Similarities:
        """Return the cosine with every record of the library, shape (questions, records)."""
        asked = self.space.transform([record_text(question.case) for question in questions])
        return np.asarray((asked @ self.rows.T).todense(), np.float64)

    def vote(self, near: Similarities, neighbours: int) -> Voted:
        """Return the votes of the nearest records; equally near ones vote in their order.

        Parameters
        ----------
        near
            Similarities of one record, shape (records).
        neighbours
            How many vote.
        """
        voters = np.argsort(-near, kind="stable")[:neighbours]
        weights = np.maximum(near[voters], 1e-6)
        shares = (weights / weights.sum()).tolist()
        chosen = [self.pages[voter] for voter in voters]
        return Voted(
            _shares([(page.principal,) for page in chosen], shares),
            _shares([page.others for page in chosen], shares),
            _shares([page.procedures for page in chosen], shares),
        )


@dataclass(frozen=True, slots=True)
class NearestCoder:
    """Codes a record like the records most similar to it (相似病历基线)."""

    parameters: NearestParameters = field(default_factory=NearestParameters)
    library: Library | None = None

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(
            NAME,
            TITLE,
            learns=True,
            versions={"scikit-learn": sklearn.__version__},
            parameters=self.parameters.model_dump(),
        )

    def learn(self, material: LearningSet) -> NearestCoder:
        """Return the system with records to search in.

        Raises
        ------
        InputError
            There is nothing to learn from.
        """
        refuse_empty(material, NAME, TITLE)
        fit, tune = fit_and_tune(material)
        trial = self._library([e.question for e in fit], gold_pages(fit))
        near, pages = trial.similarities([e.question for e in tune]), gold_pages(tune)
        best = max(
            (_judged(trial, near, pages, count) for count in self.parameters.neighbours),
            key=lambda judged: judged[0],
        )[1]
        final = (
            trial
            if material.tune
            else self._library([e.question for e in material.fit], gold_pages(material.fit))
        )
        return NearestCoder(
            self.parameters,
            replace(
                final,
                neighbours=best.neighbours,
                others_cut=best.others_cut,
                procedures_cut=best.procedures_cut,
            ),
        )

    def code(self, questions: Sequence[RecordQuestion]) -> Iterator[CodedPage]:
        """Yield one page a record.

        Raises
        ------
        InputError
            It has not learned.
        """
        if self.library is None:
            refuse_unlearned(NAME)
        for question in questions:
            started = time.perf_counter()
            near = self.library.similarities([question])[0]
            page = _page(self.library, self.library.vote(near, self.library.neighbours))
            yield replace(page, seconds=time.perf_counter() - started)

    def _library(self, questions: Sequence[RecordQuestion], pages: Sequence[GoldPage]) -> Library:
        space, rows = learn_grams(
            [question.case for question in questions],
            (self.parameters.shortest, max(self.parameters.shortest, self.parameters.longest)),
            self.parameters.least_records,
        )
        return Library(space, rows, tuple(pages))


def _judged(
    library: Library,
    near: Similarities,
    pages: Sequence[GoldPage],
    neighbours: int,
) -> tuple[float, Library]:
    """Return the agreement of a number of voters, and the library with its cuts.

    Agreement is the share of principal diagnoses plus the micro-F1 of the other diagnoses.
    """
    votes = [library.vote(row, neighbours) for row in near]
    made = replace(
        library,
        neighbours=neighbours,
        others_cut=_cut([v.others for v in votes], [p.others for p in pages]),
        procedures_cut=_cut([v.procedures for v in votes], [p.procedures for p in pages]),
    )
    pairs = list(zip((_page(made, voted) for voted in votes), pages, strict=True))
    principal = sum(p.principal is not None and p.principal.code == g.principal for p, g in pairs)
    hits = sum(line.code in gold.others for page, gold in pairs for line in page.others)
    total = sum(len(page.others) + len(gold.others) for page, gold in pairs)
    return principal / len(pages) + (2 * hits / total if total else 0.0), made


def _cut(shares: Sequence[Shares], filed: Sequence[Sequence[str]]) -> float:
    pairs = [
        (share, code in codes)
        for record, codes in zip(shares, filed, strict=True)
        for code, share in record.items()
    ]
    chances = np.array([share for share, _ in pairs], np.float64)
    right = np.array([hit for _, hit in pairs], bool)
    return best_cut(chances, right, sum(map(len, filed)))


def _page(library: Library, voted: Voted) -> CodedPage:
    principals = _ordered(voted.principal)
    first = principals[0]
    others = [line for line in _ordered(voted.others) if line.code != first.code]
    procedures = _ordered(voted.procedures)
    ranked = dict.fromkeys([first.code, *(x.code for x in others), *(x.code for x in principals)])
    return CodedPage(
        principal=first,
        others=tuple(x for x in others if (x.confidence or 0.0) >= library.others_cut),
        procedures=tuple(x for x in procedures if (x.confidence or 0.0) >= library.procedures_cut),
        ranked_diagnoses=tuple(ranked),
        ranked_procedures=tuple(line.code for line in procedures),
    )


def _shares(filed: Sequence[Sequence[str]], weights: Sequence[float]) -> Shares:
    found: Shares = defaultdict(float)
    for codes, weight in zip(filed, weights, strict=True):
        for code in codes:
            found[code] += weight
    return dict(found)


def _ordered(shares: Shares) -> list[CodedLine]:
    """Return codes by falling share; sums of shares may pass 1 by rounding."""
    return [
        CodedLine(code, min(shares[code], 1.0))
        for code in sorted(shares, key=lambda code: (-shares[code], code))
    ]


NEAREST = RegisteredCoder(
    NAME, TITLE, NearestParameters, lambda given, task, resources: NearestCoder(given)
)

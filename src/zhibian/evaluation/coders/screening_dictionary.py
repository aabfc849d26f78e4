"""Screening by the dictionary alone (词典筛查): what rules and models are measured against.

Every code that the dictionary finds stated in the record and that isn't filed is told as missed.
Nothing is told of filed codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from zhibian.coding.baseline import propose_by_dictionary
from zhibian.documents.reader import read_documents
from zhibian.evaluation.answers import PageAnswer
from zhibian.evaluation.coders.interface import CoderInfo, LearningSet
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.coders.screening_text import task_reviewer
from zhibian.evaluation.questions import PageQuestion
from zhibian.quality.front_page.types import Gate
from zhibian.review.assemble import level_of, name_of
from zhibian.review.pipeline import in_nhsa_codes
from zhibian.review.reviewer import Reviewer
from zhibian.screening.types import Alert, Suspicion, WorkItem

NAME, TITLE = "dictionary", "词典编码未填报即疑似漏报"
# The dictionary is as sure of one code as of another.
_STRENGTH = 0.5


@dataclass(frozen=True, slots=True)
class DictionaryScreen:
    """Tells every unfiled code of the dictionary as missed (词典筛查)."""

    reviewer: Reviewer = field(repr=False)

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        return CoderInfo(NAME, TITLE, versions={"scheme": self.reviewer.pack.scheme})

    def learn(self, material: LearningSet) -> DictionaryScreen:
        """Return itself."""
        return self

    def code(self, questions: Sequence[PageQuestion]) -> Iterator[PageAnswer]:
        """Yield the codes of each record that its page lacks."""
        return (PageAnswer(tuple(self._items(question))) for question in questions)

    def _items(self, question: PageQuestion) -> Iterator[WorkItem]:
        case = question.read.case
        page = in_nhsa_codes(case.coded_front_page, self.reviewer)
        if page is None:
            return
        filed = {
            page.principal.code,
            *(line.code for line in page.others),
            *(line.code for line in page.procedures),
        }
        reading = read_documents(case.documents, self.reviewer.knowledge.lexicon)
        found = propose_by_dictionary(case, reading, self.reviewer.knowledge)
        diagnoses = () if found.principal is None else (found.principal, *found.others)
        for kind, lines in (("diagnosis", diagnoses), ("procedure", found.procedures)):
            codes = dict.fromkeys(line.code for line in lines)
            yield from (self._missed(case.id, c, kind) for c in codes if c not in filed)

    def _missed(self, case: str, code: str, kind: str) -> WorkItem:
        diagnosis = kind == "diagnosis"
        return WorkItem(
            case=case,
            suspicion=Suspicion.MISSED_DIAGNOSIS if diagnosis else Suspicion.MISSED_PROCEDURE,
            code=code,
            name=name_of(code, kind, self.reviewer),
            level=level_of(code, self.reviewer) if diagnosis else "",
            rule=NAME,
            alert=Alert.YELLOW,
            gate=Gate.SETTLEMENT,
            strength=_STRENGTH,
            evidence=(),
            remedy="",
        )


DICTIONARY = RegisteredCoder(
    NAME,
    TITLE,
    Parameters,
    lambda given, task, resources: DictionaryScreen(task_reviewer(task, resources)),
)

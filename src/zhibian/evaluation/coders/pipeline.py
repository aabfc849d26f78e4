"""The coding of this program as a system under test (本系统编码): proposals as coded pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import Field

import zhibian
from zhibian.coding.baseline import propose_by_dictionary
from zhibian.coding.coder import CodingKnowledge, propose
from zhibian.coding.types import Proposal, ProposedDiagnosis, ProposedProcedure
from zhibian.coding.voices import NO_VOICES, Voices
from zhibian.documents.reader import read_documents
from zhibian.evaluation.coders.ablation import without
from zhibian.evaluation.coders.editions import Edition, load_edition
from zhibian.evaluation.coders.interface import (
    CodedLine,
    CodedPage,
    CoderInfo,
    LearningSet,
    RecordQuestion,
    Span,
)
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.review.pipeline import Proposer
from zhibian.review.reviewer import NO_TARIFF, Reviewer
from zhibian.settings import Settings


class PipelineParameters(Parameters):
    """Settings of the whole system (参数)."""

    without: tuple[str, ...] = Field(
        default=(), description="Components that are left out 去掉的部件"
    )


@dataclass(frozen=True, slots=True)
class PipelineCoder:
    """Codes records by dictionary, rules and the trained models at hand (智编编码).

    Attributes
    ----------
    name, title
        As in tables.
    knowledge
        Tables and models.
    proposer
        How codes are proposed.
    edition
        Edition that answers are wanted in; None for NHSA codes.
    parameters
        Settings.
    """

    name: str
    title: str
    knowledge: CodingKnowledge
    proposer: Proposer
    edition: Edition | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know."""
        models = "、".join(self.knowledge.voices.versions) or "无"
        return CoderInfo(
            self.name,
            self.title,
            versions={"zhibian": zhibian.__version__, "models": models},
            parameters=self.parameters,
            notes={} if self.edition is None else self.edition.notes,
        )

    def learn(self, material: LearningSet) -> PipelineCoder:
        """Return itself: it learns nothing from a task."""
        return self

    def code(self, questions: Sequence[RecordQuestion]) -> Iterator[CodedPage]:
        """Yield one page a record, in the edition of the task."""
        for question in questions:
            started = time.perf_counter()
            reading = read_documents(question.case.documents, self.knowledge.lexicon)
            page = coded_page(self.proposer(question.case, reading, self.knowledge))
            page = page if self.edition is None else self.edition.page(page)
            yield replace(page, seconds=time.perf_counter() - started)


def coded_page(proposal: Proposal) -> CodedPage:
    """Return a proposal as a coded page.

    Behind the page are ranked what it is too unsure of, then the alternatives of every line.
    """
    principal = () if proposal.principal is None else (proposal.principal,)
    diagnoses = (*principal, *proposal.others)
    return CodedPage(
        principal=None if proposal.principal is None else _diagnosis(proposal.principal),
        others=tuple(map(_diagnosis, proposal.others)),
        procedures=tuple(map(_line, proposal.procedures)),
        ranked_diagnoses=_ranked(diagnoses, proposal.doubtful_diagnoses),
        ranked_procedures=_ranked(proposal.procedures, proposal.doubtful_procedures),
    )


def reviewer_of(task: TaskSpec, resources: Resources) -> Reviewer:
    """Return rules and models under the scheme of a task, or under the usual one."""
    return resources.reviewer(
        task.scheme or Settings().scheme, task.tariff or NO_TARIFF, task.variant
    )


def _whole(given: PipelineParameters, task: TaskSpec, resources: Resources) -> PipelineCoder:
    reviewer = reviewer_of(task, resources)
    return PipelineCoder(
        "pipeline",
        "智编",
        without(given.without, reviewer, resources.rules),
        propose,
        load_edition(resources.rules, task.code_set),
        {**given.model_dump(), "without": list(given.without)},
    )


def _step(
    name: str, title: str, voices: Callable[[Voices], Voices], proposer: Proposer
) -> RegisteredCoder[Parameters]:
    def make(given: Parameters, task: TaskSpec, resources: Resources) -> PipelineCoder:
        knowledge = reviewer_of(task, resources).knowledge
        return PipelineCoder(
            name,
            title,
            replace(knowledge, voices=voices(knowledge.voices)),
            proposer,
            load_edition(resources.rules, task.code_set),
        )

    return RegisteredCoder(name, title, Parameters, make)


PIPELINE = RegisteredCoder("pipeline", "智编", PipelineParameters, _whole)
DICTIONARY = _step("dictionary", "仅词典", lambda voices: NO_VOICES, propose_by_dictionary)
RULES = _step("rules", "词典与规则", lambda voices: NO_VOICES, propose)
RULES_LINKER = _step(
    "rules-linker", "词典、规则与链接模型", lambda voices: Voices(linker=voices.linker), propose
)


def _line(entry: ProposedDiagnosis | ProposedProcedure) -> CodedLine:
    return CodedLine(entry.code, entry.confidence, evidence=tuple(_spans(entry)))


def _diagnosis(entry: ProposedDiagnosis) -> CodedLine:
    return CodedLine(entry.code, entry.confidence, entry.poa.value, tuple(_spans(entry)))


def _spans(entry: ProposedDiagnosis | ProposedProcedure) -> Iterator[Span]:
    for evidence in entry.evidence:
        yield Span(evidence.span.document, evidence.span.start, evidence.span.end)


def _ranked(
    page: Sequence[ProposedDiagnosis] | Sequence[ProposedProcedure],
    doubtful: Sequence[ProposedDiagnosis] | Sequence[ProposedProcedure],
) -> tuple[str, ...]:
    sure = [entry.code for entry in _surest(page)]
    unsure = [entry.code for entry in _surest(doubtful)]
    # Scores order the alternatives of one line; those of two lines are not comparable.
    alternatives = [found.code for entry in _surest(page) for found in entry.alternatives]
    return tuple(dict.fromkeys([*sure, *unsure, *alternatives]))


def _surest(
    entries: Iterable[ProposedDiagnosis | ProposedProcedure],
) -> list[ProposedDiagnosis | ProposedProcedure]:
    return sorted(entries, key=lambda entry: -entry.confidence)

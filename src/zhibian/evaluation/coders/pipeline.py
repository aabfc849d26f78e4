"""The coding of this program as a system under test (本系统编码): proposals as coded pages."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import zhibian
from zhibian.coding.baseline import propose_by_dictionary
from zhibian.coding.coder import CodingKnowledge, propose
from zhibian.coding.types import Proposal, ProposedDiagnosis, ProposedProcedure
from zhibian.coding.voices import NO_VOICES
from zhibian.documents.reader import read_documents
from zhibian.evaluation.coders.interface import (
    CodedLine,
    CodedPage,
    CoderInfo,
    LearningSet,
    RecordQuestion,
    Span,
)
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.systems import System, whole_system
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.review.pipeline import Proposer
from zhibian.review.reviewer import NO_TARIFF, Reviewer, with_voices
from zhibian.settings import Settings


@dataclass(frozen=True, slots=True)
class PipelineCoder:
    """Codes records by dictionary, rules and the trained models at hand (智编编码).

    Attributes
    ----------
    info
        What a reader of a result must know.
    knowledge
        Tables and models.
    proposer
        How codes are proposed.
    """

    info: CoderInfo
    knowledge: CodingKnowledge
    proposer: Proposer

    def learn(self, material: LearningSet) -> PipelineCoder:
        """Return itself: it learns nothing from a task."""
        return self

    def code(self, questions: Sequence[RecordQuestion]) -> Iterator[CodedPage]:
        """Yield one page a record, in NHSA codes."""
        for question in questions:
            started = time.perf_counter()
            reading = read_documents(question.case.documents, self.knowledge.lexicon)
            proposal = self.proposer(question.case, reading, self.knowledge)
            yield coded_page(proposal, time.perf_counter() - started)


def coded_page(proposal: Proposal, seconds: float | None) -> CodedPage:
    """Return a proposal as a coded page; what it is too unsure of is ranked behind the page."""
    principal = () if proposal.principal is None else (proposal.principal,)
    return CodedPage(
        principal=None if proposal.principal is None else _diagnosis(proposal.principal),
        others=tuple(map(_diagnosis, proposal.others)),
        procedures=tuple(map(_line, proposal.procedures)),
        ranked_diagnoses=_ranked((*principal, *proposal.others, *proposal.doubtful_diagnoses)),
        ranked_procedures=_ranked((*proposal.procedures, *proposal.doubtful_procedures)),
        seconds=seconds,
    )


def system_coder(system: System, title: str) -> PipelineCoder:
    """Return one of the systems of :mod:`zhibian.evaluation.systems` as a system under test."""
    knowledge = system.reviewer.knowledge
    versions = {"zhibian": zhibian.__version__, "models": "、".join(knowledge.voices.versions)}
    return PipelineCoder(
        CoderInfo(name=system.name, title=title, versions=versions), knowledge, system.proposer
    )


def pipeline(parameters: Mapping[str, Any], task: TaskSpec, resources: Resources) -> PipelineCoder:
    """Make the whole system."""
    return system_coder(whole_system(_reviewer(task, resources)), "智编")


def rules(parameters: Mapping[str, Any], task: TaskSpec, resources: Resources) -> PipelineCoder:
    """Make dictionary and rules, without trained models."""
    reviewer = with_voices(_reviewer(task, resources), NO_VOICES)
    return system_coder(System("rules", reviewer, propose), "词典与规则")


def dictionary(
    parameters: Mapping[str, Any], task: TaskSpec, resources: Resources
) -> PipelineCoder:
    """Make the dictionary alone."""
    reviewer = with_voices(_reviewer(task, resources), NO_VOICES)
    return system_coder(System("dictionary", reviewer, propose_by_dictionary), "仅词典")


def _reviewer(task: TaskSpec, resources: Resources) -> Reviewer:
    scheme = task.scheme or Settings().scheme
    return resources.reviewer(scheme, task.tariff or NO_TARIFF, task.variant)


def _line(entry: ProposedDiagnosis | ProposedProcedure) -> CodedLine:
    return CodedLine(entry.code, entry.confidence, evidence=tuple(_spans(entry)))


def _diagnosis(entry: ProposedDiagnosis) -> CodedLine:
    return CodedLine(entry.code, entry.confidence, entry.poa.value, tuple(_spans(entry)))


def _spans(entry: ProposedDiagnosis | ProposedProcedure) -> Iterator[Span]:
    for evidence in entry.evidence:
        yield Span(evidence.span.document, evidence.span.start, evidence.span.end)


def _ranked(entries: Iterable[ProposedDiagnosis | ProposedProcedure]) -> tuple[str, ...]:
    ordered = sorted(entries, key=lambda entry: -entry.confidence)
    return tuple(dict.fromkeys(entry.code for entry in ordered))

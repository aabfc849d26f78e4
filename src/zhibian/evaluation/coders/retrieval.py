"""Official names searched for every statement, then the rules (检索加规则).

What a coder does who has the code book and the rules, but has not learned how doctors write: every
entry of a diagnosis list and every name of an operation is looked up among the official names, by
the cosine of their character n-grams; which of the codes found stand on the page, and which is the
principal diagnosis, is left to the rules of this program. It has no aliases, no names of the
clinical edition, no words whose meaning the record decides, no statements of procedures without a
name, and no trained model; nothing outside of lists is coded, save what rules infer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from zhibian.coding.code_mentions import entry_mention
from zhibian.coding.coder import CodingKnowledge, propose
from zhibian.coding.dictionary import Dictionary
from zhibian.coding.linking import build_linker
from zhibian.coding.voices import Kind, PhraseCode, TaggedMention, Voices
from zhibian.documents.lexicon import ReadingLexicon
from zhibian.documents.matcher import TermMatcher
from zhibian.documents.normalise import normalise
from zhibian.documents.types import Reading, SectionKind
from zhibian.evaluation.coders.editions import load_edition
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.pipeline import PipelineCoder, reviewer_of
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.terminology.code_set import CodeSet

NAME, TITLE = "retrieval", "名称检索加规则"
_NO_TERMS = Dictionary({})


class RetrievalParameters(Parameters):
    """Settings (参数)."""

    floor: float = Field(
        default=0.5, ge=0, le=1, description="Least similarity of a name that is taken 相似度下限"
    )
    ranked: int = Field(default=10, ge=1, description="Names ranked for a statement 候选数")
    longest: int = Field(default=2, ge=1, le=4, description="Longest n-gram, characters")


@dataclass(frozen=True, slots=True)
class NameSearch:
    """Finds official names by their characters (名称检索), as a linker of phrases.

    Attributes
    ----------
    spaces, rows, codes
        By kind: n-grams, one row of unit length a name, and the code of each row.
    ranked
        Names returned for a phrase.
    """

    spaces: Mapping[Kind, Any]
    rows: Mapping[Kind, csr_matrix]
    codes: Mapping[Kind, tuple[str, ...]]
    ranked: int

    @property
    def version(self) -> str:
        """Return what it is, for the report."""
        return "name-search-1"

    def link(self, phrases: Sequence[str], kind: Kind) -> Sequence[Sequence[PhraseCode]]:
        """Return ranked codes for every phrase; the score is a similarity, 0 to 1."""
        if not phrases:
            return []
        asked = self.spaces[kind].transform([normalise(phrase) for phrase in phrases])
        near = np.asarray((asked @ self.rows[kind].T).todense(), np.float64)
        return [self._best(row, kind) for row in near]

    def _best(self, row: Any, kind: Kind) -> list[PhraseCode]:
        order = np.argsort(-row, kind="stable")[: self.ranked]
        return [
            PhraseCode(self.codes[kind][place], min(float(row[place]), 1.0))
            for place in order
            if row[place] > 0
        ]


@dataclass(frozen=True, slots=True)
class OperationNames:
    """Takes every name of an operation for a procedure (手术名称条目), as a tagger of mentions."""

    lexicon: ReadingLexicon

    @property
    def version(self) -> str:
        """Return what it is, for the report."""
        return "operation-names-1"

    def tag(self, reading: Reading) -> Sequence[TaggedMention]:
        """Return the entries of lists of procedures, in order."""
        return [
            TaggedMention(entry_mention(index, reading, self.lexicon), "procedure", 1.0)
            for index, item in enumerate(reading.items)
            if item.section is SectionKind.PROCEDURE_NAME
        ]


def by_names_alone(
    knowledge: CodingKnowledge, search: NameSearch, parameters: RetrievalParameters
) -> CodingKnowledge:
    """Return what coding knows, every word of its dictionaries replaced by the search."""
    selection = replace(
        knowledge.selection, linker_floor=parameters.floor, tagged_floor=parameters.floor
    )
    procedures = knowledge.procedure_rules
    return replace(
        knowledge,
        diagnosis_words=replace(
            knowledge.diagnosis_words,
            terms=_NO_TERMS,
            linker=build_linker(_NO_TERMS, selection.link_threshold),
            selection=selection,
        ),
        selection=selection,
        senses={},
        procedure_terms=_NO_TERMS,
        matcher=TermMatcher(()),
        procedure_rules=replace(
            procedures,
            context_terms={},
            narrative=replace(procedures.narrative, opened_by={}),
        ),
        burns=replace(knowledge.burns, context=()),
        voices=Voices(linker=search, tagger=OperationNames(knowledge.lexicon)),
    )


def name_search(
    diagnoses: CodeSet, procedures: CodeSet, parameters: RetrievalParameters
) -> NameSearch:
    """Return the search over the official names of both code sets, grey codes left out."""
    sets: Mapping[Kind, CodeSet] = {"diagnosis": diagnoses, "procedure": procedures}
    codes: dict[Kind, tuple[str, ...]] = {}
    spaces: dict[Kind, Any] = {}
    rows: dict[Kind, csr_matrix] = {}
    for kind, code_set in sets.items():
        entries = [code_set.entries[code] for code in code_set.ordered]
        usable = [entry for entry in entries if not entry.grey]
        spaces[kind] = TfidfVectorizer(
            analyzer="char", ngram_range=(1, parameters.longest), lowercase=False
        )
        rows[kind] = spaces[kind].fit_transform([normalise(entry.name) for entry in usable])
        codes[kind] = tuple(entry.code for entry in usable)
    return NameSearch(spaces, rows, codes, parameters.ranked)


def _make(given: RetrievalParameters, task: TaskSpec, resources: Resources) -> PipelineCoder:
    reviewer = reviewer_of(task, resources)
    search = name_search(reviewer.diagnoses, reviewer.procedures, given)
    return PipelineCoder(
        NAME,
        TITLE,
        by_names_alone(reviewer.knowledge, search, given),
        propose,
        load_edition(resources.rules, task.code_set),
        given.model_dump(),
    )


RETRIEVAL = RegisteredCoder(NAME, TITLE, RetrievalParameters, _make)

"""Every kind of task with its systems (任务类别登记)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from zhibian.evaluation.answers import EventAnswer, GroupingAnswer, PageAnswer, TextAnswer
from zhibian.evaluation.coders import (
    assertion_rules,
    assertion_words,
    entities_shipped,
    entities_terms,
    linking_lookup,
    linking_nearest,
    linking_regression,
    linking_shipped,
    linking_votes,
    outside,
    screening_dictionary,
    screening_text,
)
from zhibian.evaluation.coders.grouping_engine import ENGINES
from zhibian.evaluation.coders.interface import CodedPage, LinkedNames
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.coders.registry import CODERS
from zhibian.evaluation.kinds.assertion import assertion_scorer
from zhibian.evaluation.kinds.coding import coding_scorer
from zhibian.evaluation.kinds.entities import entities_scorer
from zhibian.evaluation.kinds.grouping import grouping_scorer
from zhibian.evaluation.kinds.linking import linking_scorer
from zhibian.evaluation.kinds.screening import screening_scorer
from zhibian.evaluation.metrics import assertion, coding, entities, grouping, linking, screening
from zhibian.evaluation.metrics.assertion import AssertionOutcome
from zhibian.evaluation.metrics.entities import EntitiesOutcome
from zhibian.evaluation.metrics.grouping import GroupingOutcome
from zhibian.evaluation.metrics.linking import LinkingOutcome
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.evaluation.screening import PageScore
from zhibian.evaluation.tasks.kind import KindOfTask
from zhibian.evaluation.tasks.spec import Kind


def by_name(*coders: RegisteredCoder[Any]) -> Mapping[str, RegisteredCoder[Any]]:
    """Return systems by their names."""
    return MappingProxyType({coder.name: coder for coder in coders})


CODING = KindOfTask(
    scorer=coding_scorer,
    systems=CODERS,
    answer=CodedPage,
    outcome=CodingOutcome,
    metrics=coding.METRICS,
)

_LINKERS = by_name(
    linking_lookup.MAJORITY,
    linking_lookup.DICTIONARY,
    linking_nearest.TFIDF,
    linking_nearest.TFIDF_PAIRS,
    linking_regression.TFIDF_LR,
    linking_nearest.RAPIDFUZZ,
    linking_shipped.LINKER_SPELLING,
    linking_shipped.LINKER,
)

LINKING = KindOfTask(
    scorer=linking_scorer,
    systems=by_name(*_LINKERS.values(), linking_votes.voting(_LINKERS), outside.NAMES),
    answer=LinkedNames,
    outcome=LinkingOutcome,
    metrics=linking.METRICS,
)

ASSERTION = KindOfTask(
    scorer=assertion_scorer,
    systems=by_name(
        assertion_words.MAJORITY,
        assertion_words.TFIDF_LR,
        assertion_rules.RULES,
        assertion_rules.RULES_LR,
        outside.TENDENCIES,
    ),
    answer=EventAnswer,
    outcome=AssertionOutcome,
    metrics=assertion.METRICS,
)

#: There is no majority system: no single answer fits texts of different words.
ENTITIES = KindOfTask(
    scorer=entities_scorer,
    systems=by_name(
        entities_terms.DICTIONARY,
        entities_terms.GAZETTEER,
        entities_shipped.TAGGER,
        outside.ENTITIES,
    ),
    answer=TextAnswer,
    outcome=EntitiesOutcome,
    metrics=entities.METRICS,
)

GROUPING = KindOfTask(
    scorer=grouping_scorer,
    systems=by_name(*ENGINES, outside.GROUPS),
    answer=GroupingAnswer,
    outcome=GroupingOutcome,
    metrics=grouping.METRICS,
)

SCREENING = KindOfTask(
    scorer=screening_scorer,
    systems=by_name(
        screening_dictionary.DICTIONARY,
        screening_text.SCREEN,
        screening_text.SCREEN_MODELS,
    ),
    answer=PageAnswer,
    outcome=PageScore,
    metrics=screening.METRICS,
)

KINDS: Mapping[Kind, KindOfTask] = MappingProxyType(
    {
        "coding": CODING,
        "linking": LINKING,
        "assertion": ASSERTION,
        "entities": ENTITIES,
        "grouping": GROUPING,
        "screening": SCREENING,
    }
)

"""Every kind of task with its systems (任务类别登记)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

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
    outside,
    screening_dictionary,
    screening_text,
)
from zhibian.evaluation.coders.grouping_engine import PUBLISHED, engine
from zhibian.evaluation.coders.interface import CodedPage, LinkedNames
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
from zhibian.grouping.pack import DEFAULT_READING

CODING = KindOfTask(
    scorer=coding_scorer,
    systems=CODERS,
    answer=CodedPage,
    outcome=CodingOutcome,
    metrics=coding.METRICS,
)

LINKING = KindOfTask(
    scorer=linking_scorer,
    systems={
        "majority": linking_lookup.majority,
        "dictionary": linking_lookup.dictionary,
        "tfidf": linking_nearest.tfidf,
        "tfidf-pairs": linking_nearest.tfidf_pairs,
        "tfidf-lr": linking_regression.tfidf_lr,
        "rapidfuzz": linking_nearest.rapidfuzz,
        "linker-spelling": linking_shipped.linker_by_spelling,
        "linker": linking_shipped.linker_with_encoder,
        "outside": outside.names,
    },
    answer=LinkedNames,
    outcome=LinkingOutcome,
    metrics=linking.METRICS,
)

ASSERTION = KindOfTask(
    scorer=assertion_scorer,
    systems={
        "majority": assertion_words.majority,
        "tfidf-lr": assertion_words.tfidf_lr,
        "rules": assertion_rules.rules,
        "rules-lr": assertion_rules.rules_lr,
        "outside": outside.tendencies,
    },
    answer=EventAnswer,
    outcome=AssertionOutcome,
    metrics=assertion.METRICS,
)

#: There is no majority system: no single answer fits texts of different words.
ENTITIES = KindOfTask(
    scorer=entities_scorer,
    systems={
        "dictionary": entities_terms.dictionary,
        "gazetteer": entities_terms.gazetteer,
        "tagger": entities_shipped.tagger,
        "outside": outside.entities,
    },
    answer=TextAnswer,
    outcome=EntitiesOutcome,
    metrics=entities.METRICS,
)

GROUPING = KindOfTask(
    scorer=grouping_scorer,
    systems={
        "published": engine("published", "按发布文本，整表", PUBLISHED, columnar=True),
        "default": engine("default", "更正后，整表", DEFAULT_READING, columnar=True),
        "published-single": engine(
            "published-single", "按发布文本，逐例", PUBLISHED, columnar=False
        ),
        "default-single": engine("default-single", "更正后，逐例", DEFAULT_READING, columnar=False),
        "outside": outside.groups,
    },
    answer=GroupingAnswer,
    outcome=GroupingOutcome,
    metrics=grouping.METRICS,
)

SCREENING = KindOfTask(
    scorer=screening_scorer,
    systems={
        "dictionary": screening_dictionary.dictionary,
        "screen": screening_text.screen,
        "screen-models": screening_text.screen_models,
    },
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

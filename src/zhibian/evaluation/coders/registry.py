"""Every system that codes whole records, by name (全文编码系统登记)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from zhibian.evaluation.coders.answer_pages import OUTSIDE
from zhibian.evaluation.coders.ensemble import ensemble_of
from zhibian.evaluation.coders.linear import TFIDF_LR
from zhibian.evaluation.coders.llm import LLM
from zhibian.evaluation.coders.majority import MAJORITY
from zhibian.evaluation.coders.nearest import NEAREST
from zhibian.evaluation.coders.pipeline import DICTIONARY, PIPELINE, RULES, RULES_LINKER
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.coders.retrieval import RETRIEVAL

Registry = Mapping[str, RegisteredCoder[Any]]

_SINGLE: tuple[RegisteredCoder[Any], ...] = (
    MAJORITY,
    DICTIONARY,
    RETRIEVAL,
    NEAREST,
    TFIDF_LR,
    RULES,
    RULES_LINKER,
    PIPELINE,
    OUTSIDE,
    LLM,
)


def record_coders(*further: RegisteredCoder[Any]) -> Registry:
    """Return every system by name, with those of extras; ensembles may be of all of them.

    Parameters
    ----------
    further
        Systems that need an extra, such as those that learn with torch.
    """
    single = {coder.name: coder for coder in (*_SINGLE, *further)}
    ensemble = ensemble_of(single)
    return MappingProxyType({**single, ensemble.name: ensemble})


CODERS = record_coders()

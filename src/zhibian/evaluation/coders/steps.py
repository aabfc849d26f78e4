"""The systems that one evaluation compares (对比系统): the same records, more and more parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zhibian.coding.baseline import propose_by_dictionary
from zhibian.coding.coder import propose
from zhibian.coding.voices import NO_VOICES, Voices
from zhibian.review.pipeline import Proposer
from zhibian.review.reviewer import Reviewer, with_voices


@dataclass(frozen=True, slots=True)
class System:
    """One way of coding (系统): its name, and what a review runs with."""

    name: str
    reviewer: Reviewer
    proposer: Proposer


def whole_system(reviewer: Reviewer) -> System:
    """Return the system with everything that the reviewer was loaded with."""
    return System("all", reviewer, propose)


def systems(reviewer: Reviewer) -> Iterator[System]:
    """Yield dictionary, + rules, + linker, all; a step that adds nothing is left out."""
    voices = reviewer.knowledge.voices
    by_rules = with_voices(reviewer, NO_VOICES)
    yield System("dictionary", by_rules, propose_by_dictionary)
    yield System("+ rules", by_rules, propose)
    if voices.linker is not None:
        yield System("+ linker", with_voices(reviewer, Voices(linker=voices.linker)), propose)
    if voices.tagger is not None or voices.classifier is not None:
        yield whole_system(reviewer)

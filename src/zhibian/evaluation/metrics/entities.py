"""What one system marked in one text (实体抽取的结果)."""

from __future__ import annotations

from dataclasses import dataclass

#: Start, end (exclusive) and type of an entity.
Stretch = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class EntitiesOutcome:
    """One text under one system: gold entities and those given, places alone, no words."""

    gold: frozenset[Stretch]
    given: frozenset[Stretch]

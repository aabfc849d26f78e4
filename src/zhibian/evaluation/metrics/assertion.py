"""What one system said of one event (发生状态判断的结果)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssertionOutcome:
    """One event under one system: gold tendency, the one given, and how sure (0 to 1, or None)."""

    gold: str
    given: str
    confidence: float | None = None

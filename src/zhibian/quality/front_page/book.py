"""The rule book (质控规则库): rules and their checks, read before any page is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from zhibian.quality.front_page.computations import Computation, Resources
from zhibian.quality.front_page.conditions import Condition, Demand
from zhibian.quality.front_page.types import Gate, QualityRule
from zhibian.quality.front_page.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Check:
    """One parameter combination of a rule (检测).

    Attributes
    ----------
    id
        ``X01/<key>``, or that of the rule where it has no parameters.
    rule
        Id of the rule.
    when
        Pages it applies to.
    demands
        What these pages must meet; one that fails is a finding.
    field
        Field to mend.
    message, remedy
        In Chinese; names in braces are filled from the page when a finding is shown.
    parameters
        The row it was made from.
    """

    id: str
    rule: str
    when: Condition
    demands: tuple[Demand, ...]
    field: str
    message: str
    remedy: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All quality rules (质控规则库): immutable, read once.

    Attributes
    ----------
    rules
        Rules by id, in the order of ids.
    checks
        Checks in the order of their rules. Rules over documents have none.
    names
        What conditions may name.
    computations
        Named computations by name.
    resources
        Code sets and dictionaries that computations look into.
    """

    rules: Mapping[str, QualityRule]
    checks: tuple[Check, ...]
    names: Vocabulary
    computations: Mapping[str, Computation]
    resources: Resources

    def checks_at(self, gate: Gate | None) -> tuple[Check, ...]:
        """Return the checks of the rules that stand at a gate; all for None."""
        if gate is None:
            return self.checks
        return tuple(c for c in self.checks if gate in self.rules[c.rule].gates)

    def chapters(self) -> Mapping[str, tuple[QualityRule, ...]]:
        """Return the rules by chapter: the letter of their ids."""
        found: dict[str, list[QualityRule]] = {}
        for rule in self.rules.values():
            found.setdefault(rule.id[0], []).append(rule)
        return {letter: tuple(rules) for letter, rules in found.items()}


def folder_of(rules: Path) -> Path:
    """Return the folder of the quality rules."""
    return rules / "quality"


def in_order(ids: Iterable[str]) -> list[str]:
    """Return rule ids as the rule book counts them: K2 before K10."""
    return sorted(ids, key=lambda id: (id[0], int(id[1:])))

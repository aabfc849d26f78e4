"""Rules of the suspicions that text raises (病历文本疑点规则): rules/screening/text.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.rulefile import read_rule_file
from zhibian.quality.front_page.types import Gate
from zhibian.screening.types import Alert, Suspicion

TABLE = Path("screening") / "text.yaml"


@dataclass(frozen=True, slots=True)
class DoubtRule:
    """What follows from one kind of doubt about a filed code (无依据的种类).

    Attributes
    ----------
    rule
        Rule of the rule book, such as ``K36``.
    strength
        Strength of the suspicion, 0 to 1.
    remedy
        What the coder can do.
    """

    rule: str
    strength: float
    remedy: str


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One row of the table of warnings (预警分级); blank parts hold always.

    Attributes
    ----------
    alert
        The level that follows.
    suspicions, levels
        Kinds of suspicion and CC/MCC levels of the code to which it is restricted.
    least
        Least strength.
    group_changes
        Whether the group would have to change; None for either.
    """

    alert: Alert
    suspicions: frozenset[Suspicion]
    levels: frozenset[str]
    least: float
    group_changes: bool | None

    def holds(
        self, suspicion: Suspicion, level: str, strength: float, *, group_changes: bool
    ) -> bool:
        """Tell whether a suspicion falls under this row."""
        return (
            (not self.suspicions or suspicion in self.suspicions)
            and (not self.levels or level in self.levels)
            and strength >= self.least
            and self.group_changes in {None, group_changes}
        )


@dataclass(frozen=True, slots=True)
class TextRules:
    """Everything that makes a suspicion of what a record says (文本疑点规则).

    Attributes
    ----------
    quotes
        Most quotes shown with one suspicion.
    levels
        Levels that make a diagnosis a suspicion, in both directions.
    doubt_left_if_supported, kept_if_weak
        Share of the doubt, or of the confidence, that measured facts leave.
    kept_if_choice
        Share of the confidence of a procedure that stays where another code of the same organ is
        filed that the record does not name.
    ask_below
        An absent diagnosis with less strength is asked about as well.
    least_strength
        Weaker suspicions of a kind are not raised.
    entry_reasons, entry_exempt
        Reasons of an inferred entry condition that may contradict the page; families of codes
        that have none.
    k39_sections, k28_procedures
        Sections and families of procedures to which those rules speak.
    unsupported
        By kind of doubt.
    decisive, decisive_below
        K42: what follows for a code that alone decides the group on evidence weaker than this.
    rules, remedies, strengths
        Ids, remedies and strengths of what is left.
    alerts
        Table of warnings; the first row that holds decides.
    gate
        Step before which suspicions are settled.
    """

    quotes: int
    levels: frozenset[str]
    doubt_left_if_supported: float
    kept_if_weak: float
    kept_if_choice: float
    ask_below: float
    least_strength: Mapping[Suspicion, float]
    entry_reasons: frozenset[str]
    entry_exempt: tuple[str, ...]
    k39_sections: frozenset[str]
    k28_procedures: tuple[str, ...]
    unsupported: Mapping[str, DoubtRule]
    decisive: DoubtRule
    decisive_below: float
    rules: Mapping[str, str]
    remedies: Mapping[str, str]
    strengths: Mapping[str, float]
    alerts: Sequence[AlertRow]
    gate: Gate

    def alert(
        self, suspicion: Suspicion, level: str, strength: float, *, group_changes: bool
    ) -> Alert:
        """Return the level of the early warning (SPEC 6.4)."""
        return next(
            row.alert
            for row in self.alerts
            if row.holds(suspicion, level, strength, group_changes=group_changes)
        )


def load_text_rules(rules: Path) -> TextRules:
    """Read rules/screening/text.yaml.

    Raises
    ------
    InputError
        It is absent or malformed, or its table of warnings does not end with a row for all.
    """
    return read_rule_file(rules, TABLE, _parse)


def _parse(raw: Mapping[str, Any]) -> TextRules:
    missed, decisive = raw["missed"], raw["decisive"]
    alerts = tuple(_alert_row(row) for row in raw["alerts"])
    if alerts[-1] != AlertRow(alerts[-1].alert, frozenset(), frozenset(), 0.0, None):
        raise ValueError("alerts")
    return TextRules(
        quotes=int(raw["quotes"]),
        levels=frozenset(raw["levels"]),
        doubt_left_if_supported=float(missed["doubt_left_if_supported"]),
        kept_if_weak=float(missed["kept_if_weak"]),
        kept_if_choice=float(missed["kept_if_choice"]),
        ask_below=float(missed["ask_below"]),
        least_strength={Suspicion(k): float(v) for k, v in raw["least_strength"].items()},
        entry_reasons=frozenset(raw["entry"]["reasons"]),
        entry_exempt=tuple(raw["entry"]["exempt"]),
        k39_sections=frozenset(missed["k39_sections"]),
        k28_procedures=tuple(missed["k28_procedures"]),
        unsupported={kind: _doubt(row) for kind, row in raw["unsupported"].items()},
        decisive=_doubt(decisive),
        decisive_below=float(decisive["below"]),
        rules=dict(raw["rules"]),
        remedies=dict(raw["remedies"]),
        strengths={name: float(value) for name, value in raw["strengths"].items()},
        alerts=alerts,
        gate=Gate(raw["gate"]),
    )


def _doubt(row: Mapping[str, Any]) -> DoubtRule:
    return DoubtRule(str(row["rule"]), float(row["strength"]), str(row["remedy"]))


def _alert_row(row: Mapping[str, Any]) -> AlertRow:
    return AlertRow(
        alert=Alert(row["alert"]),
        suspicions=frozenset(Suspicion(s) for s in row.get("suspicions", ())),
        levels=frozenset(row.get("levels", ())),
        least=float(row.get("from", 0.0)),
        group_changes=row.get("group_changes"),
    )

"""Drugs, treatments and findings (用药、治疗、所见): the amount and route behind them."""

from __future__ import annotations

from decimal import Decimal

from zhibian.documents.facts.context import FactText, term_flags
from zhibian.documents.facts.lexicon import FactKind, FactLexicon, Near, Term
from zhibian.documents.facts.types import Fact

_NEAR_WINDOW = 40
_AS_WRITTEN = {"ML": "ml"}


def given(text: FactText, start: int, end: int, term: Term, lexicon: FactLexicon) -> Fact:
    """Return a drug, treatment or finding with the amount and route written beside it."""
    value: Decimal | None = None
    unit = ""
    last = end
    route = None
    if term.kind is FactKind.DRUG:
        dose = lexicon.dose.match(text.folded, end, end + 24)
        if dose:
            value, last = Decimal(dose["num"]), dose.end()
            unit = lexicon.doses[dose["unit"]]
        route = _route(text, start, end, lexicon)
    elif term.quantity is not None:
        amount = term.quantity.match(text.folded, end, end + 24)
        if amount:
            value, last = Decimal(amount["num"]), amount.end()
            if amount["times"]:
                value *= int(amount["times"])
            unit = _AS_WRITTEN.get(amount["unit"], amount["unit"])
    return Fact(
        term.kind,
        term.id,
        value,
        "",
        unit,
        text.span(start, last),
        text.quote(start, last),
        text.date(start),
        term_flags(text, start, end, lexicon),
        route,
    )


def _route(text: FactText, start: int, end: int, lexicon: FactLexicon) -> str | None:
    """Return the route behind a drug, or else the one just in front of it."""
    behind = lexicon.route.search(text.clause_after(end, 24))
    if behind:
        return lexicon.routes[behind.group()]
    ahead = lexicon.route.findall(text.clause_before(start, 8))
    return lexicon.routes[ahead[-1]] if ahead else None


def finding_near(
    text: FactText, start: int, end: int, target: Near, lexicon: FactLexicon
) -> Fact | None:
    """Return a finding whose second word follows in the same sentence."""
    window = text.folded[end : end + _NEAR_WINDOW]
    for stop in ";。\n":
        cut = window.find(stop)
        if cut >= 0:
            window = window[:cut]
    for tail in target.tails:
        at = window.find(tail)
        if at < 0:
            continue
        last = end + at + len(tail)
        term = target.term
        between = lexicon.cues.protected.sub("□", window[:at])
        flags = term_flags(text, start, last, lexicon)
        if lexicon.cues.negated_before.search(between):
            flags |= {"negated"}
        return Fact(
            term.kind,
            term.id,
            None,
            "",
            "",
            text.span(start, last),
            text.quote(start, last),
            text.date(start),
            flags,
        )
    return None

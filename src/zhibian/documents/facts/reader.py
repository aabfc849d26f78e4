"""Read the facts of a case (读取客观事实): find the names, then what stands behind each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zhibian.documents.facts.context import ELSEWHERE, FactText
from zhibian.documents.facts.courses import course_facts
from zhibian.documents.facts.given import finding_near, given
from zhibian.documents.facts.graded import grade, grade_before, pair
from zhibian.documents.facts.lexicon import FactLexicon, Measure, Near, Staged, Term
from zhibian.documents.facts.names import name_hits
from zhibian.documents.facts.patterns import pattern_facts
from zhibian.documents.facts.repair import repaired
from zhibian.documents.facts.series import series
from zhibian.documents.facts.types import Fact, FactReading, RejectedValue
from zhibian.documents.types import Section


def extract_facts(
    texts: Sequence[str],
    lexicon: FactLexicon,
    *,
    originals: Sequence[str] | None = None,
    sections: Sequence[Section] = (),
    times: Sequence[str | None] | None = None,
) -> tuple[Fact, ...]:
    """Return the facts of a case, ordered by document and position.

    Parameters
    ----------
    texts
        Normalised text of each document (half width, ASCII upper case, lengths unchanged).
    lexicon
        From :func:`load_lexicon`.
    originals
        The texts as written, for the quotes; the normalised ones when absent.
    sections
        Sections of the documents: facts of the past and of the family get a flag.
    times
        Time of each document, used where no date stands in the line.

    Returns
    -------
    tuple of Fact
        Values in the canonical unit of their measure.
    """
    return read_facts(texts, lexicon, originals=originals, sections=sections, times=times).facts


def read_facts(
    texts: Sequence[str],
    lexicon: FactLexicon,
    *,
    originals: Sequence[str] | None = None,
    sections: Sequence[Section] = (),
    times: Sequence[str | None] | None = None,
) -> FactReading:
    """Return the facts of a case and the values dropped; parameters as :func:`extract_facts`.

    Raises
    ------
    ValueError
        When ``originals`` or ``times`` do not fit ``texts``.
    """
    written = texts if originals is None else originals
    spoken = [None] * len(texts) if times is None else list(times)
    if len(written) != len(texts) or len(spoken) != len(texts):
        raise ValueError("one original text and one time a document")
    facts: list[Fact] = []
    rejected: list[RejectedValue] = []
    for index, folded in enumerate(texts):
        if len(written[index]) != len(folded):
            raise ValueError("a normalised text must keep the length of its document")
        flagged = sorted(
            (s.span.start, s.span.end, ELSEWHERE[s.kind])
            for s in sections
            if s.span.document == index and s.kind in ELSEWHERE
        )
        readable = repaired(folded, written[index])
        text = FactText(index, readable, written[index], lexicon, flagged, spoken[index])
        facts += pattern_facts(text, lexicon)
        facts += course_facts(text, lexicon)
        for start, end, name in name_hits(readable, lexicon):
            for fact in _read(text, start, end, name, lexicon):
                if isinstance(fact, Fact):
                    facts.append(fact)
                else:
                    rejected.append(fact)
    facts.sort(key=lambda f: (f.span.document, f.span.start, f.span.end))
    return FactReading(tuple(facts), tuple(rejected))


def _read(
    text: FactText, start: int, end: int, name: str, lexicon: FactLexicon
) -> Iterator[Fact | RejectedValue]:
    """Yield what a name stands for here: the first measure that can be read, and every term."""
    dropped: list[RejectedValue] = []
    measured = False
    for target in lexicon.targets[name]:
        found: list[Fact | RejectedValue] = []
        if isinstance(target, Term):
            fact = given(text, start, end, target, lexicon)
            found = [fact] if fact.value is not None or not target.needs_amount else []
        elif isinstance(target, Near):
            near = finding_near(text, start, end, target, lexicon)
            found = [near] if near else []
        elif not measured:
            found = _measure_or_grade(text, start, end, target, lexicon)
            measured = any(isinstance(f, Fact) for f in found)
        yield from (f for f in found if isinstance(f, Fact))
        dropped += [f for f in found if isinstance(f, RejectedValue)]
    if not measured:
        yield from dropped


def _measure_or_grade(
    text: FactText, start: int, end: int, target: Measure | Staged, lexicon: FactLexicon
) -> list[Fact | RejectedValue]:
    if isinstance(target, Staged):
        staged = grade_before(text, start, end, target, lexicon)
        return [staged] if staged else []
    return _measured(text, start, end, target, lexicon)


def _gap_end(text: str, end: int, lexicon: FactLexicon) -> int:
    match = lexicon.gap.match(text, end, min(len(text), end + 90))
    return match.end() if match else end


def _measured(
    text: FactText, start: int, end: int, measure: Measure, lexicon: FactLexicon
) -> list[Fact | RejectedValue]:
    at = _gap_end(text.folded, end, lexicon)
    if measure.form == "pair":
        return pair(text, start, end, at, measure, lexicon)
    if measure.form == "roman":
        return grade(text, start, end, at, measure, lexicon)
    return series(text, start, end, at, measure, lexicon)

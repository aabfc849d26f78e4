"""What stands around a fact (上下文): dates, oxygen, sections, and the words that qualify it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from zhibian.documents.facts.lexicon import DATE, FactLexicon
from zhibian.documents.types import SectionKind, Span

_CUE_WINDOW = 14
_OXYGEN_WINDOW = 80
_GOAL_WINDOW = 40
_SENTENCE_END = ";。\n"
_CLAUSE_END = ",;。\n"

DATES = re.compile(DATE)

ELSEWHERE = {
    SectionKind.PAST_HISTORY: "history",
    SectionKind.PERSONAL_HISTORY: "history",
    SectionKind.MARITAL_HISTORY: "history",
    SectionKind.FAMILY_HISTORY: "family",
    SectionKind.MATERNAL_HISTORY: "family",
    SectionKind.DIFFERENTIAL_DIAGNOSIS: "differential",
}


class FactText:
    """One document with what its lines say of dates and oxygen."""

    __slots__ = (
        "_dates",
        "_examinations",
        "_oxygen",
        "_sections",
        "_time",
        "document",
        "folded",
        "original",
    )

    def __init__(
        self,
        document: int,
        folded: str,
        original: str,
        lexicon: FactLexicon,
        sections: Sequence[tuple[int, int, str]],
        time: str | None,
    ) -> None:
        self.document = document
        self.folded = folded
        self.original = original
        self._dates = [(m.start(), m.group()) for m in DATES.finditer(folded)]
        self._oxygen = [
            (m.start(), "room_air" if lexicon.room_air.match(m.group()) else "oxygen")
            for m in lexicon.oxygen.finditer(folded)
        ]
        self._examinations = [m.start() for m in lexicon.cues.examination_begins.finditer(folded)]
        self._sections = sections
        self._time = time if time and "~" not in time and "～" not in time else None

    def _line(self, position: int) -> int:
        return self.folded.rfind("\n", max(0, position - 2000), position) + 1

    def date(self, position: int) -> str | None:
        """Return the last date in front of ``position`` in its line, else that of the document."""
        index = bisect_right(self._dates, position, key=lambda d: d[0]) - 1
        if index >= 0 and self._dates[index][0] >= self._line(position):
            return self._dates[index][1]
        return self._time

    def oxygen(self, position: int, end: int) -> str | None:
        """Return how the patient breathed: said in front of the value or just behind it."""
        behind = bisect_right(self._oxygen, end, key=lambda o: o[0])
        if behind < len(self._oxygen) and self._oxygen[behind][0] <= end + 3:
            between = self.folded[end : self._oxygen[behind][0]]
            if between in {"", "(", " (", " ", "↓(", "↑("}:
                return self._oxygen[behind][1]
        index = bisect_right(self._oxygen, position, key=lambda o: o[0]) - 1
        if index < 0:
            return None
        start = self._oxygen[index][0]
        near = start >= self._line(position) and position - start <= _OXYGEN_WINDOW
        return self._oxygen[index][1] if near else None

    def section_flag(self, position: int) -> str | None:
        """Return the flag of the section that holds ``position``, such as ``history``."""
        index = bisect_right(self._sections, position, key=lambda s: s[0]) - 1
        if index < 0 or position >= self._sections[index][1]:
            return None
        # Run together, the examination follows the history without a heading of its own.
        exam = bisect_right(self._examinations, position) - 1
        flag = self._sections[index][2]
        examined = exam >= 0 and self._examinations[exam] >= self._sections[index][0]
        return None if examined and flag != "differential" else flag

    def span(self, start: int, end: int) -> Span:
        """Return the place of the characters from ``start`` to ``end``."""
        return Span(self.document, start, end)

    def quote(self, start: int, end: int) -> str:
        """Return the characters from ``start`` to ``end`` as written."""
        return self.original[start:end]

    def clause_before(self, position: int, width: int) -> str:
        """Return what stands in front of ``position`` in its clause."""
        window = self.folded[max(0, position - width) : position]
        cut = max(window.rfind(c) for c in _CLAUSE_END)
        return window[cut + 1 :]

    def sentence_before(self, position: int, width: int) -> str:
        """Return what stands in front of ``position`` in its sentence."""
        window = self.folded[max(0, position - width) : position]
        return window[max(window.rfind(c) for c in _SENTENCE_END) + 1 :]

    def clause_after(self, position: int, width: int) -> str:
        """Return what follows ``position`` in its clause."""
        window = self.folded[position : position + width]
        cuts = [at for at in (window.find(c) for c in _CLAUSE_END) if at >= 0]
        return window[: min(cuts)] if cuts else window


def measure_flags(
    text: FactText, start: int, gap: tuple[int, int], lexicon: FactLexicon
) -> set[str]:
    """Return what the words around a measure say of it: baseline, target, past, family."""
    flags = set()
    section = text.section_flag(start)
    if section:
        flags.add(section)
    before = text.clause_before(start, _CUE_WINDOW)
    if lexicon.cues.baseline.search(before) or lexicon.cues.baseline.search(
        text.folded[gap[0] : gap[1]]
    ):
        flags.add("baseline")
    if lexicon.cues.target_before.search(lexicon.cues.protected.sub("□", before)):
        flags.add("target")
    sentence = text.sentence_before(start, _GOAL_WINDOW)
    if lexicon.cues.goal_before.search(sentence):
        flags.add("target")
    if lexicon.cues.venous_before.search(sentence):
        flags.add("venous")
    if lexicon.cues.family_before.search(before):
        flags.add("family")
    if lexicon.cues.postoperative.search(before + text.folded[gap[0] : gap[1]]):
        flags.add("postoperative")
    return flags


def value_flags(text: FactText, end: int, lexicon: FactLexicon) -> set[str]:
    """Return what is said behind a value: a goal, a doubtful sample, a trend."""
    cues = lexicon.cues
    after = text.folded[end : end + _CUE_WINDOW].partition("\n")[0]
    flags = set()
    if cues.target_after.match(after):
        flags.add("target")
    if cues.doubtful_after.search(after):
        flags.add("doubtful")
    if cues.falling_after.match(after.lstrip(" ,(↓")):
        flags.add("falling")
    if cues.rising_after.match(after.lstrip(" ,(↑")):
        flags.add("rising")
    return flags


def term_flags(text: FactText, start: int, end: int, lexicon: FactLexicon) -> frozenset[str]:
    """Return what the clause says of a drug, treatment or finding."""
    cues = lexicon.cues
    flags = set()
    section = text.section_flag(start)
    if section:
        flags.add(section)
    before = cues.protected.sub("□", text.clause_before(start, _CUE_WINDOW))
    after = cues.protected.sub("□", text.clause_after(end, _CUE_WINDOW))
    if cues.negated_before.search(before) or cues.negated_after.search(after):
        flags.add("negated")
    if cues.planned_before.search(before) or cues.planned_after.search(after):
        flags.add("planned")
    if cues.history_after.match(after):
        flags.add("history")
    if cues.family_before.search(before):
        flags.add("family")
    if cues.prophylactic.search(before) or cues.prophylactic.search(after):
        flags.add("prophylactic")
    if cues.stopped_before.search(before[-4:]):
        flags.add("stopped")
    return frozenset(flags)

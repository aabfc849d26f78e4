"""From NHSA codes to the edition that was asked for (编码版本换算): the crosswalk inverted.

The published maps lead from another edition to the NHSA edition. The way back is not always
certain: several codes of the other edition may lead to one NHSA code. The one whose name is
nearest to the NHSA name is taken then, and it is counted how often that happened.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rapidfuzz import fuzz

from zhibian.evaluation.coders.interface import CodedLine, CodedPage
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, CodeSet, load_code_set
from zhibian.terminology.crosswalk import Crosswalk, load_filed_set

NHSA = "nhsa-2.0"
_LINES, _SEVERAL, _NONE = "lines", "several", "none"


@dataclass(frozen=True, slots=True)
class BackMap:
    """NHSA codes to codes of another edition (反向映射).

    Attributes
    ----------
    codes
        NHSA code to the code taken.
    several
        NHSA codes to which several codes of the other edition lead.
    """

    codes: Mapping[str, str]
    several: frozenset[str]


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition that answers are wanted in (答案的编码版本).

    Attributes
    ----------
    id
        Such as ``clinical-2.0``.
    diagnoses, procedures
        The ways back.
    counts
        Lines of pages converted so far, those of several counterparts, and those of none.
    """

    id: str
    diagnoses: BackMap
    procedures: BackMap
    counts: Counter[str] = field(default_factory=Counter)

    def page(self, page: CodedPage) -> CodedPage:
        """Return a page of NHSA codes in this edition.

        A code without counterpart stays as it is: it is an answer, though a wrong one. Lines that
        become one code are one line, the first.
        """
        principal = None if page.principal is None else self._line(page.principal, self.diagnoses)
        first = frozenset[str]() if principal is None else frozenset({principal.code})
        return replace(
            page,
            principal=principal,
            others=self._lines(page.others, self.diagnoses, first),
            procedures=self._lines(page.procedures, self.procedures, frozenset()),
            ranked_diagnoses=_each_once(page.ranked_diagnoses, self.diagnoses),
            ranked_procedures=_each_once(page.ranked_procedures, self.procedures),
        )

    @property
    def notes(self) -> Mapping[str, str]:
        """Return how the conversion went, for the result."""
        counts = self.counts
        return {
            f"换算为 {self.id}": (
                f"{counts[_LINES]} 条编码，其中 {counts[_SEVERAL]} 条有多个对应编码"
                f"（取名称最近者），{counts[_NONE]} 条没有对应编码（保留原编码）"
            )
        }

    def _line(self, line: CodedLine, back: BackMap) -> CodedLine:
        self.counts[_LINES] += 1
        self.counts[_SEVERAL] += line.code in back.several
        self.counts[_NONE] += line.code not in back.codes
        return replace(line, code=back.codes.get(line.code, line.code))

    def _lines(
        self, lines: tuple[CodedLine, ...], back: BackMap, taken: frozenset[str]
    ) -> tuple[CodedLine, ...]:
        found: dict[str, CodedLine] = {}
        for line in (self._line(line, back) for line in lines):
            if line.code not in taken:
                found.setdefault(line.code, line)
        return tuple(found.values())


def load_edition(rules: Path, id: str) -> Edition | None:
    """Return an edition by its id; None for the NHSA edition, which needs no conversion.

    Raises
    ------
    InputError
        There is no such edition, or a table is damaged.
    """
    if id == NHSA:
        return None
    filed = load_filed_set(rules, id)
    return Edition(
        id,
        way_back(filed.diagnoses, load_code_set(rules, ICD10_NHSA)),
        way_back(filed.procedures, load_code_set(rules, ICD9CM3_NHSA)),
    )


def way_back(crosswalk: Crosswalk, code_set: CodeSet) -> BackMap:
    """Invert a crosswalk.

    Codes that lead to an NHSA code alone go before codes that lead to several.
    """
    sources: dict[str, dict[str, str]] = defaultdict(dict)
    for code, (name, target) in crosswalk.entries.items():
        sources[target][code] = name
    sure = frozenset(sources)
    for code, entry in crosswalk.open.items():
        for target in entry.candidates:
            if target not in sure:
                sources[target][code] = entry.name
    return BackMap(
        {target: _nearest(target, names, code_set) for target, names in sources.items()},
        frozenset(target for target, names in sources.items() if len(names) > 1),
    )


def _nearest(target: str, names: Mapping[str, str], code_set: CodeSet) -> str:
    """Return the code whose name is nearest; of equals the same code, then the first."""
    entry = code_set.get(target)
    own = entry.name if entry else ""
    return min(names, key=lambda code: (-fuzz.ratio(names[code], own), code != target, code))


def _each_once(codes: tuple[str, ...], back: BackMap) -> tuple[str, ...]:
    return tuple(dict.fromkeys(back.codes.get(code, code) for code in codes))


def known_codes(rules: Path, id: str) -> tuple[Collection[str], Collection[str]]:
    """Return all diagnosis codes and all procedure codes of an edition.

    Raises
    ------
    InputError
        There is no such edition, or a table is damaged.
    """
    if id == NHSA:
        sets = load_code_set(rules, ICD10_NHSA), load_code_set(rules, ICD9CM3_NHSA)
        return sets[0].entries.keys(), sets[1].entries.keys()
    filed = load_filed_set(rules, id)
    return _codes_of(filed.diagnoses), _codes_of(filed.procedures)


def _codes_of(crosswalk: Crosswalk) -> Collection[str]:
    return crosswalk.entries.keys() | crosswalk.open.keys()

"""Attributes that tell near codes apart (术语属性): side, acuity, stage, cause and others.

The words are data, ``rules/linking/attributes.yaml``. A term and a name either agree in
an attribute, or one has a value that the other lacks, or they contradict each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zhibian.coding.terms.types import Integers
from zhibian.terminology.tables import read_yaml

FILE = Path("linking") / "attributes.yaml"
_REMEDY = "恢复随程序发布的 rules 文件夹，或用 ZHIBIAN_RULES 指定"

NEITHER, AGREE, EXTRA, MISSING, CONFLICT = range(5)
GRADE = "grade"

_ROMAN = {"Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "Ⅴ": 5, "Ⅵ": 6, "Ⅶ": 7, "Ⅷ": 8, "Ⅸ": 9, "Ⅹ": 10}
_LETTERS = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}
_HAN = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
# Bits 1 to 20 hold the number itself; larger ones are not grades.
_LARGEST_GRADE = 20


@dataclass(frozen=True, slots=True)
class Attributes:
    """The word list, ready to read texts (属性词表).

    Attributes
    ----------
    groups
        Names of the attributes, ``grade`` last.
    words
        For each word its group and its bit.
    pattern
        All words, longest first.
    grades
        A number with its unit, such as Ⅲ期 or 3级.
    """

    groups: tuple[str, ...]
    words: dict[str, tuple[tuple[int, int], ...]]
    pattern: re.Pattern[str]
    grades: re.Pattern[str]

    def read(self, text: str) -> Integers:
        """Return one bit mask an attribute: which values the normalised text states."""
        masks = np.zeros(len(self.groups), np.int64)
        for match in self.pattern.finditer(text):
            for group, bit in self.words[match.group()]:
                masks[group] |= 1 << bit
        for match in self.grades.finditer(text):
            number = _number(match.group(1) or match.group(2))
            if 0 < number <= _LARGEST_GRADE:
                masks[-1] |= 1 << number
        return masks


def compare(term: Integers, names: Integers) -> Integers:
    """Compare a term with names, attribute by attribute.

    Parameters
    ----------
    term
        Masks (attributes,).
    names
        Masks (names, attributes).

    Returns
    -------
    Integers
        ``NEITHER``, ``AGREE``, ``EXTRA`` (only the name says it), ``MISSING`` (only the
        term says it) or ``CONFLICT``, shape (names, attributes).
    """
    found = np.full(names.shape, NEITHER, np.int64)
    has_term, has_name = (term != 0)[None, :], names != 0
    found[has_name & ~has_term] = EXTRA
    found[has_term & ~has_name] = MISSING
    both = has_term & has_name
    common = (term[None, :] & names) != 0
    found[both & common] = AGREE
    found[both & ~common] = CONFLICT
    return found


def load_attributes(rules: Path) -> Attributes:
    """Read the word list.

    Raises
    ------
    InputError
        The file is absent or no mapping.
    """
    content = read_yaml(rules / FILE, _REMEDY)
    listed: dict[str, dict[str, Sequence[str]]] = content["attributes"]
    words: dict[str, list[tuple[int, int]]] = {}
    for group, values in enumerate(listed.values()):
        for bit, spellings in enumerate(values.values()):
            for spelling in spellings:
                words.setdefault(spelling, []).append((group, bit))
    longest_first = sorted(words, key=len, reverse=True)
    units = "".join(content["grades"])
    numerals = f"[{''.join(_ROMAN)}]|VI|IV|V|I{{1,3}}|\\d{{1,2}}|[{''.join(_HAN)}]"
    return Attributes(
        groups=(*listed, GRADE),
        words={word: tuple(places) for word, places in words.items()},
        pattern=re.compile("|".join(map(re.escape, longest_first))),
        grades=re.compile(rf"({numerals})[A-D]?\s*[{units}]|[{units}]\s*({numerals})"),
    )


def _number(numeral: str) -> int:
    for table in (_ROMAN, _LETTERS, _HAN):
        if numeral in table:
            return table[numeral]
    return int(numeral)

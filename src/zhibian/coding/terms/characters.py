"""Characters that terms and names share (共有汉字), for all candidates of a batch at once.

A rare character weighs more than a common one: 未 and 性 stand in thousands of names, 胰 in
few. The weights are those of the spelling index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from zhibian.coding.terms.types import Floats, Integers

Numbers = NDArray[np.int32]
Flags = NDArray[np.bool_]

SHARED = ("name_said", "term_said", "part_said", "rarest_unsaid", "pairs_said", "rarest_left")


@dataclass(frozen=True, slots=True)
class CharacterTable:
    """The characters of all names (名称用字表).

    Attributes
    ----------
    letters, pairs
        Numbers of the characters and of the pairs of neighbours of each name (names,
        longest), zero behind its end.
    letter_numbers, pair_numbers
        Character or pair to its number, from one.
    rarity
        Weight by number of a character; zero for no character.
    rarest
        Weight of a character that no name has.
    lengths
        Characters of each name.
    """

    letters: Numbers
    pairs: Numbers
    letter_numbers: Mapping[str, int]
    pair_numbers: Mapping[str, int]
    rarity: Floats
    rarest: float
    lengths: Integers


@dataclass(frozen=True, slots=True)
class Wording:
    """What of a term is compared: its text, its core, its parts."""

    text: str
    core: str
    parts: Sequence[str]


def build_characters(names: Sequence[str], rarity: Mapping[str, float]) -> CharacterTable:
    """Return the characters of names by number.

    Parameters
    ----------
    names
        Names as compared.
    rarity
        Weight of every character of the names; the greatest serves for others.
    """
    letters: dict[str, int] = {}
    pairs: dict[str, int] = {}
    longest = max(map(len, names), default=1)
    letter_table = np.zeros((len(names), longest), np.int32)
    pair_table = np.zeros((len(names), longest), np.int32)
    for row, name in enumerate(names):
        letter_table[row, : len(name)] = [letters.setdefault(c, len(letters) + 1) for c in name]
        found = [pairs.setdefault(a + b, len(pairs) + 1) for a, b in pairwise(name)]
        pair_table[row, : len(found)] = found
    rarest = max(rarity.values(), default=1.0)
    weights = np.zeros(len(letters) + 1, np.float32)
    for letter, number in letters.items():
        weights[number] = rarity.get(letter, rarest)
    lengths = np.array([len(name) for name in names], np.int64)
    return CharacterTable(letter_table, pair_table, letters, pairs, weights, rarest, lengths)


def share(
    table: CharacterTable,
    wordings: Sequence[Wording],
    places: Integers,
    owner: Integers,
    starts: Sequence[int],
) -> tuple[Floats, list[Floats]]:
    """Compare the characters of terms with those of their candidates.

    Parameters
    ----------
    table
        Characters of all names.
    wordings
        The terms.
    places, owner
        Position of each candidate's name, and the number of its term (candidates,);
        candidates of one term stand together.
    starts
        First candidate of every term, and the end of the last.

    Returns
    -------
    tuple
        The columns `SHARED` (candidates, 6), and a term each which of its characters each
        candidate has (candidates of the term, characters).
    """
    letters = table.letters[places, : int(table.lengths[places].max(initial=1))]
    pairs = table.pairs[places, : letters.shape[1]]
    local = {c: n for n, c in enumerate(dict.fromkeys("".join(w.text + w.core for w in wordings)))}
    local_letters = _localised(letters, local, table.letter_numbers, len(table.rarity))
    own = np.zeros((len(wordings), len(local) + 1), np.bool_)
    own_pairs = [{a + b for t in (w.text, w.core) for a, b in pairwise(t)} for w in wordings]
    local_pair = {p: n for n, p in enumerate(dict.fromkeys(p for some in own_pairs for p in some))}
    pair_count = len(table.pair_numbers) + 1
    local_pairs = _localised(pairs, local_pair, table.pair_numbers, pair_count)
    said_pairs = np.zeros((len(wordings), len(local_pair) + 1), np.bool_)
    for row, (wording, some) in enumerate(zip(wordings, own_pairs, strict=True)):
        own[row, [local[c] + 1 for c in wording.text + wording.core]] = True
        said_pairs[row, [local_pair[p] + 1 for p in some]] = True
    weights = table.rarity[letters]
    unsaid = np.where(own[owner[:, None], local_letters], 0, weights)
    found = np.empty((len(places), len(SHARED)), np.float32)
    found[:, 0] = 1 - unsaid.sum(1) / weights.sum(1)
    found[:, 3] = unsaid.max(1)
    shared = said_pairs[owner[:, None], local_pairs].sum(1)
    found[:, 4] = shared / np.maximum(table.lengths[places] - 1, 1)
    present = np.zeros((len(places), len(local) + 1), np.bool_)
    present[np.arange(len(places))[:, None], local_letters] = True
    local_weights = np.array([_weight(table, letter) for letter in local], np.float32)
    covers = []
    for wording, low, high in zip(wordings, starts, starts[1:], strict=False):
        here = present[low:high, 1:]
        cover, said, part, left = _of_one(wording, here, local, local_weights)
        found[low:high, 1], found[low:high, 2], found[low:high, 5] = said, part, left
        covers.append(cover)
    return found, covers


def _of_one(
    wording: Wording, present: Flags, local: Mapping[str, int], weights: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return what the candidates of one term have of its text, its parts and its core."""
    text = [local[c] for c in wording.text]
    cover = present[:, text].astype(np.float32)
    said = cover @ weights[text] / (float(weights[text].sum()) or 1.0)
    part = np.zeros(len(present), np.float32)
    for one in wording.parts or (wording.core,):
        known = [local[c] for c in dict.fromkeys(one) if c in local]
        rate = present[:, known].sum(1) / len(set(one))
        part = np.maximum(part, rate.astype(np.float32))
    core = [local[c] for c in dict.fromkeys(wording.core)]
    left = np.where(present[:, core], 0, weights[core]).max(1, initial=0)
    return cover, said, part, left


def _localised(
    numbers: Numbers, local: Mapping[str, int], known: Mapping[str, int], count: int
) -> Numbers:
    """Return numbers of the table as numbers within the batch, zero for what it lacks."""
    translate = np.zeros(count, np.int32)
    for text, number in local.items():
        translate[known.get(text, 0)] = number + 1
    translate[0] = 0
    return translate[numbers]


def _weight(table: CharacterTable, letter: str) -> float:
    number = table.letter_numbers.get(letter)
    return table.rarest if number is None else float(table.rarity[number])

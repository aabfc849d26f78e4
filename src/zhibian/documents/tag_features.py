"""Features of the mention tagger (标注特征): characters around a place, and dictionary matches.

A feature is a 32-bit hash of its template and values, so that the weights need no
list of strings and all places of a text are computed at once. Training and reading
share this module: what is learned is what is seen.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint32]
Values = npt.NDArray[np.uint64]

REACH = 4
_OUTSIDE = 0
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_FOLD = np.uint64(29)
_HALF = np.uint64(32)
# Offsets of the characters that one feature joins.
_CHARACTERS = (
    *((offset,) for offset in range(-3, 4)),
    *((offset, offset + 1) for offset in range(-3, 3)),
    (-1, 1),
    *((offset, offset + 1, offset + 2) for offset in range(-2, 1)),
    *((offset, offset + 1, offset + 2, offset + 3) for offset in range(-3, 1)),
)
_CLASSES = ((-1, 0, 1), (-2, -1, 0, 1, 2))
_MARKS = ((0,), (-1, 0), (0, 1), (-1, 0, 1))
_DIGIT, _LATIN, _HAN, _SPACE, _SIGN = 1, 2, 3, 4, 5
_LENGTH_STEPS = (2, 3, 4, 6)
_PLACES = 3
_SIZES = len(_LENGTH_STEPS) + 1


def feature_keys(text: str, marks: npt.NDArray[np.uint64]) -> Keys:
    """Return the features of every character of a text.

    Parameters
    ----------
    text
        Normalised text.
    marks
        From :func:`dictionary_marks`, one a character.

    Returns
    -------
    array of uint32, one row a template
        ``keys[t, i]`` is the hash of template ``t`` at character ``i``.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    padded = np.pad(codes, REACH, constant_values=_OUTSIDE)
    classes = np.pad(_classes(codes), REACH, constant_values=_OUTSIDE)
    dictionary = np.pad(marks, REACH, constant_values=_OUTSIDE)
    rows = [
        *((padded, offsets) for offsets in _CHARACTERS),
        *((classes, offsets) for offsets in _CLASSES),
        *((dictionary, offsets) for offsets in _MARKS),
    ]
    size = len(codes)
    keys = np.empty((len(rows) + 1, size), np.uint32)
    for template, (values, offsets) in enumerate(rows):
        keys[template] = _hash(template, [_shifted(values, offset, size) for offset in offsets])
    joined = [_shifted(dictionary, 0, size), _shifted(padded, 0, size)]
    keys[len(rows)] = _hash(len(rows), joined)
    return keys


def dictionary_marks(size: int, matches: Iterable[tuple[int, int, int]]) -> npt.NDArray[np.uint64]:
    """Return for every character which dictionary match covers it, and where in it.

    Parameters
    ----------
    size
        Length of the text.
    matches
        Start, end (exclusive) and kind (from 1) of matches that don't overlap.
    """
    marks = np.zeros(size, np.uint64)
    for start, end, kind in matches:
        length = end - start
        step = next((i for i, most in enumerate(_LENGTH_STEPS) if length <= most), _SIZES - 1)
        base = 1 + (kind * _SIZES + step) * _PLACES
        marks[start:end] = base + 1
        marks[start] = base
        marks[end - 1] = base + 2
    return marks


def _shifted(values: Values, offset: int, size: int) -> Values:
    return values[REACH + offset : REACH + offset + size]


def _hash(template: int, columns: list[Values]) -> Keys:
    mixed = np.full(len(columns[0]), template + 1, np.uint64) * _MULTIPLIER
    for column in columns:
        mixed = (mixed ^ column) * _MULTIPLIER
        mixed ^= mixed >> _FOLD
    return (mixed * _MULTIPLIER >> _HALF).astype(np.uint32)


def _classes(codes: Values) -> Values:
    classes = np.full(len(codes), _SIGN, np.uint64)
    classes[(codes >= ord("0")) & (codes <= ord("9"))] = _DIGIT
    classes[(codes >= ord("A")) & (codes <= ord("Z"))] = _LATIN
    classes[(codes >= 0x3400) & (codes <= 0x9FFF)] = _HAN
    classes[(codes == ord(" ")) | (codes == ord("\n"))] = _SPACE
    return classes

"""Write number and checksums of every split into the registry (登记划分的例数与校验和).

The files are written by people; only these lines of each split are replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import yaml

from zhibian.evaluation.data.verify import Counts
from zhibian.problems import InputError, Problem

_SPLIT = re.compile(r"  ([^\s:#][^:]*):\s*$")
_IN_BRACES = re.compile(r"  ([^\s:#][^:]*): *(\{.*\})\s*$")
_COUNTED = re.compile(r"    (n|checksum|gold_checksum|aside_checksum):")


def with_counts(text: str, counts: Mapping[str, Counts]) -> str:
    """Return a definition with number and checksums of some splits.

    Parameters
    ----------
    text
        YAML of a data set whose splits are indented by two, their keys by four; a split that
        stands in braces on one line is written out, a key a line.
    counts
        By split; other splits stay as they are.

    Raises
    ------
    InputError
        Splits are written in a way in which the lines find no place.
    """
    told = _with_lines(text, counts)
    missed = [name for name, one in counts.items() if not _has(told, name, one)]
    if missed:
        remedy = "划分缩进两格，其下各键各占一行并缩进四格"
        raise InputError(
            "splits",
            [
                Problem(f"splits.{name}", "counts_not_written", "例数与校验和写不进登记", remedy)
                for name in missed
            ],
        )
    return told


def _has(text: str, name: str, counts: Counts) -> bool:
    """Return whether a definition tells the counts of a split."""
    split = yaml.safe_load(text)["splits"][name]
    return all(value is None or split.get(key) == value for key, value in asdict(counts).items())


def _with_lines(text: str, counts: Mapping[str, Counts]) -> str:
    lines: list[str] = []
    split, inside = "", False
    for line in _written_out(text, counts):
        if inside and not line.startswith("    "):
            lines += _told(counts.get(split))
            split = ""
        if not line.startswith(" "):
            inside = line.startswith("splits:")
        elif inside and (found := _SPLIT.match(line)):
            split = found[1]
        if inside and split in counts and _COUNTED.match(line):
            continue
        lines.append(line)
    if inside:
        lines += _told(counts.get(split))
    return "\n".join(lines) + "\n"


def _written_out(text: str, counts: Mapping[str, Counts]) -> Iterator[str]:
    """Yield the lines of a definition, splits that are counted with a line for each key."""
    for line in text.splitlines():
        braces = _IN_BRACES.match(line)
        if braces is None or braces[1] not in counts:
            yield line
            continue
        split: dict[str, Any] = yaml.safe_load(braces[2])
        yield f"  {braces[1]}:"
        # A value in JSON is the same value in YAML.
        for key, value in split.items():
            yield f"    {key}: {json.dumps(value, ensure_ascii=False)}"


def _told(counts: Counts | None) -> list[str]:
    if counts is None:
        return []
    return [f"    {key}: {value}" for key, value in asdict(counts).items() if value is not None]

"""Write number and checksums of every split into the registry (登记划分的例数与校验和).

The files are written by people; only these lines of each split are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict

from zhibian.evaluation.data.verify import Counts

_SPLIT = re.compile(r"  ([^\s:#][^:]*):\s*$")
_COUNTED = re.compile(r"    (n|checksum|gold_checksum|aside_checksum):")


def with_counts(text: str, counts: Mapping[str, Counts]) -> str:
    """Return a definition with number and checksums of some splits.

    Parameters
    ----------
    text
        YAML of a data set whose splits are indented by two, their keys by four.
    counts
        By split; other splits stay as they are.
    """
    lines: list[str] = []
    split, inside = "", False
    for line in text.splitlines():
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


def _told(counts: Counts | None) -> list[str]:
    if counts is None:
        return []
    return [f"    {key}: {value}" for key, value in asdict(counts).items() if value is not None]

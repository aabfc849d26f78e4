"""Write number and checksum of every split into the registry (登记划分的例数与校验和).

The files are written by people; only the two lines of each split are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SPLIT = re.compile(r"  ([^\s:#][^:]*):\s*$")
_COUNTED = re.compile(r"    (n|checksum):")


def with_counts(text: str, counts: Mapping[str, tuple[int, str]]) -> str:
    """Return a definition with number and checksum of some splits.

    Parameters
    ----------
    text
        YAML of a data set whose splits are indented by two, their keys by four.
    counts
        Number of questions and checksum, by split; other splits stay as they are.
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


def _told(count: tuple[int, str] | None) -> list[str]:
    return [] if count is None else [f"    n: {count[0]}", f"    checksum: {count[1]}"]

"""From which confidence a code is taken (取码阈值): the cut with the best micro-F1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: A cut that nothing reaches.
NEVER = float(np.nextafter(1.0, 2.0))


def best_cut(chances: NDArray[np.float64], right: NDArray[np.bool_], wanted: int) -> float:
    """Return the least confidence that is taken.

    Parameters
    ----------
    chances
        Confidence of every code of every record, in any shape.
    right
        Whether each is right; same shape.
    wanted
        Number of right codes in all, those that nobody offers among them.

    Returns
    -------
    float
        The cut with the best micro-F1, in the middle between the last confidence taken and the
        first left out; the fewest codes where cuts are equal. Above 1 where taking nothing is best.
    """
    flat = chances.ravel()
    if not flat.size:
        return NEVER
    order = np.argsort(-flat, kind="stable")
    sorted_chances = flat[order]
    hits = np.cumsum(right.ravel()[order])
    taken = np.arange(1, flat.size + 1)
    f1 = 2 * hits / (taken + max(wanted, 1))
    # Equal confidences are taken together or not at all.
    ends = np.append(sorted_chances[1:] < sorted_chances[:-1], True)
    f1 = np.where(ends, f1, 0.0)
    best = int(np.argmax(f1))
    if f1[best] == 0:
        return NEVER
    following = sorted_chances[best + 1] if best + 1 < flat.size else 0.0
    return float((sorted_chances[best] + following) / 2)

"""The weight beside each alternative of a case (各种改动的权重): shown, never ranked by.

The order of the alternatives is that of :mod:`zhibian.grouping.what_if`; SPEC rule P33 forbids
recommending by value.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from zhibian.grouping.types import Grouping
from zhibian.grouping.what_if import Alternative, WhatIf
from zhibian.payment.tariff import Tariff


@dataclass(frozen=True, slots=True)
class WeighedAlternative:
    """An alternative with the weights of both groups.

    Attributes
    ----------
    alternative
        The alternative.
    before, after
        Weight RW of the group as filed and of the alternative; None where the tariff is of another
        scheme, has no such group or publishes no weight that can be used.
    """

    alternative: Alternative
    before: Decimal | None
    after: Decimal | None


def weigh(found: WhatIf, tariff: Tariff | None) -> tuple[WeighedAlternative, ...]:
    """Put weights beside alternatives, in the order of the alternatives.

    Parameters
    ----------
    found
        The alternatives.
    tariff
        The tariff; None for no weights at all.
    """
    before = weight_of(found.before, tariff)
    return tuple(
        WeighedAlternative(a, before, weight_of(a.after, tariff)) for a in found.alternatives
    )


def weight_of(grouping: Grouping, tariff: Tariff | None) -> Decimal | None:
    """Return the weight of a group, None where the tariff does not know it.

    Parameters
    ----------
    grouping
        A grouping under any scheme.
    tariff
        The tariff; it knows the groups of its own scheme, in any reading.
    """
    if tariff is None or not grouping.drg:
        return None
    if tariff.scheme != grouping.scheme.partition("@")[0]:
        return None
    return tariff.standard(grouping.drg).weight

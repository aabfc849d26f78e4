"""One stay as the grouper needs it (分组输入): coded entries and what is known of the patient."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from zhibian.grouping.types import GroupingInput
from zhibian.records.types import Admission


class Coded(Protocol):
    """A line of a front page, filed or proposed."""

    @property
    def code(self) -> str:
        """Return the code of the line."""


def grouping_input(
    principal: Coded,
    others: Iterable[Coded],
    procedures: Iterable[Coded],
    stay: Admission | None,
) -> GroupingInput:
    """Return what the grouper needs of a front page.

    Parameters
    ----------
    principal, others, procedures
        Lines of the page; the principal procedure first.
    stay
        The admission; None where the source tells nothing, which the grouper then reports. The
        weight at admission stands in for an absent birth weight.
    """
    entry = GroupingInput(
        principal=principal.code,
        others=tuple(line.code for line in others),
        procedures=tuple(line.code for line in procedures),
    )
    if stay is None:
        return entry
    return replace(
        entry,
        sex=stay.sex.digit,
        age=stay.age,
        age_days=stay.age_days,
        weight_g=stay.birth_weight_g or stay.admission_weight_g,
        days=stay.length_of_stay,
        discharge_way=_digit(stay.discharge_way),
        department=stay.department or None,
    )


def _digit(way: str | None) -> int | None:
    """Return the discharge way as the rules compare it, None for text outside the value list."""
    return int(way) if way in {"1", "2", "3", "4", "5", "9"} else None

"""All named computations by name (命名计算登记表)."""

from __future__ import annotations

from collections.abc import Mapping

from zhibian.quality.front_page.computations import (
    charges,
    code_sets,
    departments,
    episodes,
    filling,
    groups,
    identity,
    intensive_care,
    names_and_codes,
    procedures,
    returns,
)
from zhibian.quality.front_page.computations.protocol import Computation

_ALL: tuple[Computation, ...] = (
    *charges.COMPUTATIONS,
    *code_sets.COMPUTATIONS,
    *departments.COMPUTATIONS,
    *episodes.COMPUTATIONS,
    *filling.COMPUTATIONS,
    *groups.COMPUTATIONS,
    *identity.COMPUTATIONS,
    *intensive_care.COMPUTATIONS,
    *names_and_codes.COMPUTATIONS,
    *procedures.COMPUTATIONS,
    *returns.COMPUTATIONS,
)

#: Named computations by name.
COMPUTATIONS: Mapping[str, Computation] = {c.name: c for c in _ALL}

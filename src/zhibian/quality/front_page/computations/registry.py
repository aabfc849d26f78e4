"""All named computations by name (命名计算登记表)."""

from __future__ import annotations

from collections.abc import Mapping

from zhibian.quality.front_page.computations import (
    departments,
    groups,
    identity,
    names_and_codes,
    procedures,
    returns,
)
from zhibian.quality.front_page.computations.protocol import Computation

_ALL: tuple[Computation, ...] = (
    *identity.COMPUTATIONS,
    *departments.COMPUTATIONS,
    *groups.COMPUTATIONS,
    *names_and_codes.COMPUTATIONS,
    *procedures.COMPUTATIONS,
    *returns.COMPUTATIONS,
)

#: Named computations by name.
COMPUTATIONS: Mapping[str, Computation] = {c.name: c for c in _ALL}

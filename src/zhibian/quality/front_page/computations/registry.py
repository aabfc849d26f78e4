"""All named computations by name (命名计算登记表)."""

from __future__ import annotations

from collections.abc import Mapping

from zhibian.quality.front_page.computations import identity
from zhibian.quality.front_page.computations.protocol import Computation

_ALL: tuple[Computation, ...] = (*identity.COMPUTATIONS,)

#: Named computations by name.
COMPUTATIONS: Mapping[str, Computation] = {c.name: c for c in _ALL}

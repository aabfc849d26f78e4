"""Named computations (命名计算): what conditions of rules can't say."""

from zhibian.quality.front_page.computations.protocol import (
    Computation,
    Kind,
    Pages,
    Parameters,
    Resources,
)

__all__ = ["Computation", "Kind", "Pages", "Parameters", "Resources"]

"""Front pages grouped for the quality rules."""

from __future__ import annotations

from pathlib import Path

from tests.front_pages import page_table

from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.pack import load_scheme
from zhibian.quality.front_page.page_groups import PageGrouper

RULES = Path(__file__).resolve().parents[3] / "rules"
STAY = {"A12C": "2", "A14": "71", "B12": "2025-03-03", "B15": "2025-03-10"}


def test_groups_tell_which_complications_the_principal_diagnosis_excludes() -> None:
    """SPEC 2.9 T06: atrial fibrillation beside heart failure does not count."""
    pages = [
        {**STAY, "C03C": "I50.900", "C06C": ["E78.500", "I48.000"]},
        {**STAY, "C03C": "J15.902", "C06C": ["I50.908"]},
    ]
    grouper = PageGrouper(load_scheme(RULES, "chs-drg-1.1"), load_codebook(RULES))
    groups = grouper.of(page_table(pages, RULES)).groups
    assert groups["drg"].to_list() == ["FR25", "ES31"]
    assert groups["excluded"].to_list() == ["I48.000", ""]

"""The code sets that a case may use (医保版编码集), as the grouper needs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, CodeSet, load_code_set


@dataclass(frozen=True, slots=True)
class CodeBook:
    """All codes that a front page may use.

    Attributes
    ----------
    diagnoses, procedures
        All codes of NHSA ICD-10 and ICD-9-CM-3.
    grey_diagnoses
        Codes that are listed but must not be used (灰码).
    """

    diagnoses: frozenset[str]
    procedures: frozenset[str]
    grey_diagnoses: frozenset[str] = frozenset()


def load_codebook(rules: Path) -> CodeBook:
    """Load the code sets of NHSA 2.0.

    Parameters
    ----------
    rules
        Folder of the rule data.

    Raises
    ------
    InputError
        A code set is missing or damaged.
    """
    return codebook_of(load_code_set(rules, ICD10_NHSA), load_code_set(rules, ICD9CM3_NHSA))


def codebook_of(diagnoses: CodeSet, procedures: CodeSet) -> CodeBook:
    """Return the code book of two loaded code sets."""
    return CodeBook(
        frozenset(diagnoses.entries),
        frozenset(procedures.entries),
        frozenset(c for c, entry in diagnoses.entries.items() if entry.grey),
    )

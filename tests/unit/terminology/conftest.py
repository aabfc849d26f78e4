from __future__ import annotations

from pathlib import Path

import pytest

from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, CodeSet, load_code_set
from zhibian.terminology.crosswalk import (
    ICD9CM3_CLINICAL_TO_NHSA,
    ICD10_CLINICAL_TO_NHSA,
    Crosswalk,
    load_crosswalk,
)


@pytest.fixture(scope="session")
def icd10(rules: Path) -> CodeSet:
    return load_code_set(rules, ICD10_NHSA)


@pytest.fixture(scope="session")
def icd9(rules: Path) -> CodeSet:
    return load_code_set(rules, ICD9CM3_NHSA)


@pytest.fixture(scope="session")
def icd10_walk(rules: Path) -> Crosswalk:
    return load_crosswalk(rules, ICD10_CLINICAL_TO_NHSA)


@pytest.fixture(scope="session")
def icd9_walk(rules: Path) -> Crosswalk:
    return load_crosswalk(rules, ICD9CM3_CLINICAL_TO_NHSA)

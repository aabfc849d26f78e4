"""Where the tests find the shipped rules and, if present, the shared reference data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from zhibian.review.reviewer import Reviewer, load_reviewer

ROOT = Path(__file__).resolve().parents[1]

# How long an example takes hangs on what else the machine does: no test fails by the clock.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def rules() -> Path:
    return ROOT / "rules"


@pytest.fixture(scope="session")
def examples() -> Path:
    return ROOT / "examples"


@pytest.fixture(scope="session")
def reviewer(rules: Path) -> Reviewer:
    """Everything a review needs, loaded once for the whole test run."""
    return load_reviewer(rules, "chs-drg-1.1", "linyi-2022", None)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the checkout; tests that need it skip without it."""
    folder = Path(os.environ.get("ZHIBIAN_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"reference data not present: set ZHIBIAN_SHARED or put it at {folder}")
    return folder

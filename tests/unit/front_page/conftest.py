"""The shipped catalogue, read once."""

from __future__ import annotations

import pytest

from zhibian.records.front_page.catalogue import Catalogue, load_catalogue
from zhibian.settings import Settings


@pytest.fixture(scope="package")
def catalogue() -> Catalogue:
    return load_catalogue(Settings().rules)

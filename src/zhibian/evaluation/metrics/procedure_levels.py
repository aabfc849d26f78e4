"""Levels of a procedure code (手术操作编码的层级): ICD-9-CM-3, two, three and four digits."""

from __future__ import annotations


def category(code: str) -> str:
    """Return the category (类目), two digits: ``36`` of ``36.0601``."""
    return code[:2]


def three_digits(code: str) -> str:
    """Return the subcategory of three digits (亚目): ``36.0`` of ``36.0601``."""
    return code[:4]


def subcategory(code: str) -> str:
    """Return the subcategory of four digits (细目): ``36.06`` of ``36.0601``."""
    return code[:5]


def ancestors(code: str) -> frozenset[str]:
    """Return the code and all that lies above it (编码及其上位)."""
    return frozenset({category(code), three_digits(code), subcategory(code), code})

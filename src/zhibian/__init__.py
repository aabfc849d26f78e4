"""Zhibian 智编: evidence-backed coding and CHS-DRG grouping of Chinese inpatient records."""

from importlib.metadata import version

__version__ = version("zhibian")

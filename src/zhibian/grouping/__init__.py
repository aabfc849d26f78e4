"""CHS-DRG grouping (分组): rule packs, rule language, engine, trace.

Load a scheme with :func:`load_scheme`, ask :func:`group` about one case.
"""

from zhibian.grouping.codebook import CodeBook, load_codebook
from zhibian.grouping.engine import group, severity, split_levels
from zhibian.grouping.pack import RulePack, list_schemes, load_scheme
from zhibian.grouping.reasons import Reason
from zhibian.grouping.render import render_trace
from zhibian.grouping.severity import CodeSeverity, Level
from zhibian.grouping.types import Grouping, GroupingInput, Status, Step

__all__ = [
    "CodeBook",
    "CodeSeverity",
    "Grouping",
    "GroupingInput",
    "Level",
    "Reason",
    "RulePack",
    "Status",
    "Step",
    "group",
    "list_schemes",
    "load_codebook",
    "load_scheme",
    "render_trace",
    "severity",
    "split_levels",
]

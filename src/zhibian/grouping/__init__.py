"""CHS-DRG grouping (分组): rule packs, rule language, engine, trace.

Load a scheme with :func:`load_scheme`, ask :func:`group` about one case.
"""

from zhibian.grouping.engine import group, severity, split_levels
from zhibian.grouping.pack import RulePack, list_schemes, load_scheme
from zhibian.grouping.reasons import Reason
from zhibian.grouping.severity import CodeSeverity, Level
from zhibian.grouping.types import Grouping, GroupingInput, Status, Step
from zhibian.grouping.validate import CodeBook

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
    "load_scheme",
    "severity",
    "split_levels",
]

"""Choice of the principal diagnosis (主要诊断选择): features, ranker, rules, decision."""

from zhibian.coding.principal.decision import Decision, Weighed, decide, weigh
from zhibian.coding.principal.load import PrincipalRules, load_principal_rules

__all__ = ["Decision", "PrincipalRules", "Weighed", "decide", "load_principal_rules", "weigh"]

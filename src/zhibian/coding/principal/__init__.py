"""Choice of the principal diagnosis (主要诊断选择): features, ranker, rules, decision."""

from zhibian.coding.principal.decision import Decision, decide
from zhibian.coding.principal.load import PrincipalRules, load_principal_rules

__all__ = ["Decision", "PrincipalRules", "decide", "load_principal_rules"]

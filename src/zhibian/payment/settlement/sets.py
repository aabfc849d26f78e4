"""The files of settlement rules (结算规则文件): named sets, and those of single tariffs."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from zhibian.payment.settlement.rules import SettlementRules
from zhibian.payment.tariff_files import FOLDER
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_yaml

SETS_FOLDER = "settlement"
SETTLEMENT_FILE = "settlement.yaml"
DEFAULT_SET = "chs-drg-technical"
_REMEDY = "对照 docs/payment.md 修改该结算规则文件"
_NOT_SECTIONS = ("id", "title", "base", "notes")


def list_settlement_sets(rules: Path) -> tuple[str, ...]:
    """Return the ids of the named rule sets, sorted."""
    return tuple(sorted(path.stem for path in (rules / FOLDER / SETS_FOLDER).glob("*.yaml")))


def load_settlement_rules(
    rules: Path, tariff: str | None = None, named: str | None = None
) -> SettlementRules:
    """Load how a tariff's region settles.

    Parameters
    ----------
    rules
        Folder of the rule data.
    tariff
        Id of a tariff; its ``settlement.yaml`` where it has one, else the national default.
    named
        A named set in place of both.

    Raises
    ------
    InputError
        No such set, or everything that is wrong with one.
    """
    if named is not None:
        return _checked(named, _named(rules, named, ()))
    own = rules / FOLDER / (tariff or "") / SETTLEMENT_FILE
    if tariff is None or not own.is_file():
        return _checked(DEFAULT_SET, _named(rules, DEFAULT_SET, ()))
    return _checked(tariff, _laid_over(rules, read_yaml(own, _REMEDY), (tariff,)))


def check_settlement_rules(rules: Path) -> list[Problem]:
    """Return everything wrong with the rule sets and with those of single tariffs.

    Parameters
    ----------
    rules
        Folder of the rule data.
    """
    problems: list[Problem] = []
    own = sorted(path.parent.name for path in (rules / FOLDER).glob(f"*/{SETTLEMENT_FILE}"))
    named = [(id, None) for id in list_settlement_sets(rules)]
    for name, tariff in [*named, *((None, id) for id in own)]:
        try:
            told = load_settlement_rules(rules, tariff, name)
        except InputError as error:
            problems += error.problems
            continue
        if told.id != (name or tariff):
            message = f"标识 {told.id} 与文件名不同"
            problems.append(Problem(name or tariff or "", "id_differs", message, _REMEDY))
    return problems


def with_city_mean(told: SettlementRules, mean: Decimal) -> SettlementRules:
    """Return rules with a mean cost of the city (全市次均费用) that the user gives.

    Parameters
    ----------
    told
        The rules.
    mean
        Yuan; above zero.
    """
    control = told.control.model_copy(update={"city_mean": mean, "source": "使用者给出"})
    return told.model_copy(update={"control": control})


def _named(rules: Path, id: str, above: tuple[str, ...]) -> dict[str, Any]:
    known = list_settlement_sets(rules)
    if id not in known or id in above:
        message = f"没有结算规则 {id}，或它以自身为基础；现有：{'、'.join(known) or '无'}"
        raise InputError(id, [Problem("settlement", "settlement_unknown", message, "改用现有的")])
    told = read_yaml(rules / FOLDER / SETS_FOLDER / f"{id}.yaml", _REMEDY)
    return _laid_over(rules, told, (*above, id))


def _laid_over(rules: Path, told: dict[str, Any], above: tuple[str, ...]) -> dict[str, Any]:
    """Return a set with the sections of its base that it lacks."""
    base = told.get("base")
    if base is None:
        return told
    inherited = _named(rules, str(base), above)
    return {**{k: v for k, v in inherited.items() if k not in _NOT_SECTIONS}, **told}


def _checked(source: str, told: dict[str, Any]) -> SettlementRules:
    try:
        return SettlementRules.model_validate(told)
    except ValidationError as error:
        problems = [
            Problem(
                ".".join(map(str, found["loc"])), "settlement_invalid", "缺项或取值无效", _REMEDY
            )
            for found in error.errors()
        ]
        raise InputError(source, problems) from None

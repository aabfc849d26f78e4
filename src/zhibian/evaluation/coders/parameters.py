"""Settings of a system as a configuration names them (系统参数)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from zhibian.problems import InputError, Problem


class Parameters(BaseModel):
    """Settings of a system: frozen, nothing beside what is named. Most systems have none."""

    model_config = ConfigDict(frozen=True, extra="forbid")


P = TypeVar("P", bound=Parameters)

_UNKNOWN = "extra_forbidden"
_REASONS = {_UNKNOWN: "名不认识", "missing": "没有填写"}


def reason_of(kind: str) -> str:
    """Return what is wrong with a value, by the kind of error that pydantic tells."""
    return _REASONS.get(kind, "类型或取值不正确")


def read_parameters(model: type[P], given: Mapping[str, Any], system: str) -> P:
    """Return the settings of a system.

    Parameters
    ----------
    model
        What the system knows.
    given
        As the configuration has them.
    system
        Name of the system, for messages.

    Raises
    ------
    InputError
        Every setting that is unknown, with the nearest known one, or of another type.
    """
    try:
        return model.model_validate(dict(given))
    except ValidationError as bad:
        problems = [
            _problem(model, system, ".".join(map(str, error["loc"])), error["type"])
            for error in bad.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise InputError(system, problems) from None


def _problem(model: type[Parameters], system: str, field: str, kind: str) -> Problem:
    known = list(model.model_fields)
    near = difflib.get_close_matches(field, known, n=1, cutoff=0)
    meant = f"，是否指 {near[0]}" if kind == _UNKNOWN and near else ""
    return Problem(
        f"{system}.{field}",
        "parameter_unknown" if kind == _UNKNOWN else "parameter_invalid",
        f"系统 {system} 的参数 {field} {reason_of(kind)}{meant}",
        f"可用的参数：{'、'.join(known) or '没有参数'}",
    )

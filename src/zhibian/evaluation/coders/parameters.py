"""Settings of a system as a configuration names them (系统参数)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from zhibian.problems import InputError, Problem


class Parameters(BaseModel):
    """Settings of a system: frozen, nothing beside what is named. Most systems have none."""

    model_config = ConfigDict(frozen=True, extra="forbid")


P = TypeVar("P", bound=Parameters)

_REASONS = {"extra_forbidden": "名不认识", "missing": "没有填写"}


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
        Every setting that is unknown or of another type.
    """
    try:
        return model.model_validate(dict(given))
    except ValidationError as bad:
        known = "、".join(model.model_fields) or "没有参数"
        problems = [
            Problem(
                ".".join(map(str, error["loc"])),
                "parameter_invalid",
                f"系统 {system} 的参数{reason_of(error['type'])}",
                f"可用的参数：{known}",
            )
            for error in bad.errors()
        ]
        raise InputError(system, problems) from None

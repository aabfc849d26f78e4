"""A system with its name and its parameters (系统登记): settings are checked before it is made."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from zhibian.evaluation.coders.interface import Coder
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem

_UNKNOWN = "extra_forbidden"


class Parameters(BaseModel):
    """Settings of a system (系统参数); the base of all of them, and those of one without any."""

    model_config = ConfigDict(frozen=True, extra="forbid")


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class RegisteredCoder(Generic[P]):
    """A factory of systems under test that knows its parameters (登记的系统).

    Attributes
    ----------
    name
        Name in configurations.
    title
        The same in Chinese, a few words.
    parameters
        What may be set, with defaults.
    make
        Makes it from checked parameters.
    """

    name: str
    title: str
    parameters: type[P]
    make: Callable[[P, TaskSpec, Resources], Coder[Any, Any]]

    def __call__(
        self, given: Mapping[str, Any], task: TaskSpec, resources: Resources
    ) -> Coder[Any, Any]:
        """Make the system.

        Raises
        ------
        InputError
            A parameter is unknown or of the wrong kind; all of them are named.
        """
        return self.make(read_parameters(self.name, self.parameters, given), task, resources)


def read_parameters(name: str, schema: type[P], given: Mapping[str, Any]) -> P:
    """Return checked settings of a system.

    Raises
    ------
    InputError
        A parameter is unknown (the nearest known one is named) or of the wrong kind.
    """
    try:
        return schema.model_validate(dict(given))
    except ValidationError as wrong:
        raise InputError(name, list(_problems(name, schema, wrong))) from None


def _problems(name: str, schema: type[Parameters], wrong: ValidationError) -> Iterator[Problem]:
    known = list(schema.model_fields)
    for error in wrong.errors(include_url=False, include_input=False, include_context=False):
        field = ".".join(map(str, error["loc"])) or name
        if error["type"] != _UNKNOWN:
            remedy = "用 zhibian evaluate list 查看参数说明"
            yield Problem(
                f"{name}.{field}", "parameter_invalid", f"参数值不合要求：{error['msg']}", remedy
            )
            continue
        near = difflib.get_close_matches(field, known, n=1, cutoff=0)
        meant = f"，是否指 {near[0]}" if near else ""
        listed = f"可设参数：{'、'.join(known)}" if known else "这个系统没有参数，去掉此项"
        yield Problem(
            f"{name}.{field}",
            "parameter_unknown",
            f"系统 {name} 没有参数 {field}{meant}",
            listed,
        )

"""A system with its name and its parameters (系统登记): settings are checked before it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from zhibian.evaluation.coders.interface import Coder
from zhibian.evaluation.coders.parameters import Parameters, read_parameters
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec

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
        return self.make(read_parameters(self.parameters, given, self.name), task, resources)

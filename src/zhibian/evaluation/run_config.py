"""Which systems a run has, and with what settings (系统选择与参数)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from zhibian.evaluation.answering import AskedSystem
from zhibian.evaluation.coders.parameters import reason_of
from zhibian.evaluation.tasks.kind import CoderFactory
from zhibian.problems import InputError, Problem

#: System that reads answers which were made elsewhere, and its parameter that names the file.
OUTSIDE, ANSWERS = "outside", "answers"


Model = TypeVar("Model", bound=BaseModel)


class SystemChoice(BaseModel):
    """One system of a run (一个系统)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str = Field(description="Name of the system in its kind 系统")
    name: str | None = Field(default=None, description="Name in tables; null: that of the system")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Settings 参数")

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, told: Any) -> Any:
        """Take a bare name as a system without settings."""
        return {"system": told} if isinstance(told, str) else told

    @property
    def shown(self) -> str:
        """Return the name in tables."""
        return self.name or self.system


class RunConfig(BaseModel):
    """A file of ``--config`` (运行配置)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    systems: tuple[SystemChoice, ...] = Field(default=(), description="Systems; empty: the task's")
    parameters: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Settings of systems, by name in tables"
    )


def read_config(path: Path) -> RunConfig:
    """Return the configuration of a YAML file.

    Raises
    ------
    InputError
        The file is absent or a field is wrong; every such field is named.
    """
    return read_yaml_model(path, RunConfig, "config")


def read_yaml_model(path: Path, model: type[Model], what: str) -> Model:
    """Return a YAML file as a model.

    Raises
    ------
    InputError
        The file is absent, no YAML, or a field is wrong; every such field is named.
    """
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        return model.model_validate(told)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        message = "文件不存在，或不是 UTF-8 的 YAML"
        problem = Problem(what, f"{what}_unreadable", message, "核对路径、编码与格式")
        raise InputError(path.name, [problem]) from None
    except ValidationError as wrong:
        problems = [
            Problem(
                ".".join(map(str, e["loc"])) or what,
                f"{what}_invalid",
                f"该项{reason_of(e['type'])}",
                "改正该项",
            )
            for e in wrong.errors(include_input=False, include_url=False)
        ]
        raise InputError(path.name, problems) from None


def asked_systems(
    choices: Sequence[SystemChoice],
    known: Mapping[str, CoderFactory],
    settings: Mapping[str, Mapping[str, Any]],
) -> tuple[AskedSystem, ...]:
    """Return the systems of a run with their factories.

    Parameters
    ----------
    choices
        In the order of tables.
    known
        Factories of the kind, by system.
    settings
        More parameters, by name in tables.

    Raises
    ------
    InputError
        Every unknown system, and settings of systems that don't run.
    """
    names = {choice.shown for choice in choices}
    problems = [
        Problem(
            "system",
            "system_unknown",
            f"没有系统 {choice.system}",
            f"可用的系统：{'、'.join(known)}",
        )
        for choice in choices
        if choice.system not in known
    ]
    problems += [
        Problem(
            f"param {name}",
            "system_not_run",
            f"系统 {name} 不在本次评测中",
            "核对 --param 的系统名",
        )
        for name in settings
        if name not in names
    ]
    if problems:
        raise InputError("run", problems)
    return tuple(
        AskedSystem(
            choice.shown,
            known[choice.system],
            {**choice.parameters, **settings.get(choice.shown, {})},
        )
        for choice in choices
    )


def parse_settings(given: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return ``system.key=value`` as settings by system; values are read as YAML.

    Raises
    ------
    InputError
        Every setting of another form.
    """
    found: dict[str, dict[str, Any]] = {}
    problems = []
    for text in given:
        left, sign, value = text.partition("=")
        system, dot, key = left.rpartition(".")
        if not (sign and dot and system and key):
            message = f"--param {left} 的写法不对"
            problems.append(
                Problem(
                    "--param", "setting_invalid", message, "写成 系统.参数=值，如 tfidf-lr.c=10"
                )
            )
            continue
        try:
            found.setdefault(system, {})[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            message = f"--param {left} 的值不是有效的 YAML"
            problems.append(Problem("--param", "setting_invalid", message, "有特殊字符的值加引号"))
    if problems:
        raise InputError("--param", problems)
    return found


def parse_pairs(given: Sequence[str], option: str) -> dict[str, Path]:
    """Return ``NAME=PATH`` pairs.

    Raises
    ------
    InputError
        Every pair of another form.
    """
    pairs = [text.partition("=") for text in given]
    problems = [
        Problem(option, "pair_invalid", f"{option} {name} 的写法不对", f"写成 {option} 名称=路径")
        for name, sign, value in pairs
        if not (name and sign and value)
    ]
    if problems:
        raise InputError(option, problems)
    return {name: Path(value) for name, _, value in pairs}


def answer_choices(files: Mapping[str, Path]) -> tuple[SystemChoice, ...]:
    """Return systems that read answers made elsewhere, by name in tables."""
    return tuple(
        SystemChoice(system=OUTSIDE, name=name, parameters={ANSWERS: str(file)})
        for name, file in files.items()
    )

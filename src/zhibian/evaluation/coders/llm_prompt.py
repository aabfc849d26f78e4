"""The prompt of a language model (提示词): data with a version, filled in with one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_yaml, sha256_of

SHIPPED = Path(__file__).with_name("llm_prompt.yaml")
_REMEDY = "按随软件提供的 llm_prompt.yaml 的格式写提示词文件"
_RECORD, _EDITION = "{record}", "{edition}"
_DIGEST = 12


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt (提示词).

    Attributes
    ----------
    version
        As it names itself, with the beginning of its sha256.
    system, user
        Texts; in ``user`` stand ``{record}`` and ``{edition}``.
    editions
        Chinese names of the editions of codes, by id.
    """

    version: str
    system: str
    user: str
    editions: Mapping[str, str]

    def messages(self, case: Mapping[str, Any], code_set: str) -> list[dict[str, str]]:
        """Return the messages for one record, in the case format."""
        # The record goes in last: braces in it are its own words.
        asked = self.user.replace(_EDITION, self.editions.get(code_set, code_set))
        return [
            {"role": "system", "content": self.system},
            {"role": "user", "content": asked.replace(_RECORD, written(case))},
        ]


def read_prompt(path: Path = SHIPPED) -> Prompt:
    """Return the prompt of a file.

    Raises
    ------
    InputError
        The file is absent or malformed, or has no place for the record.
    """
    told = read_yaml(path, _REMEDY)
    problems = [
        Problem(f"prompt.{field}", "prompt_invalid", "缺少该项或不是文字", _REMEDY)
        for field in ("version", "system", "user")
        if not isinstance(told.get(field), str)
    ]
    if not isinstance(told.get("editions", {}), dict):
        problems.append(Problem("prompt.editions", "prompt_invalid", "不是对照表", _REMEDY))
    if not problems and _RECORD not in told["user"]:
        problems.append(
            Problem("prompt.user", "prompt_invalid", "没有放病历的位置 {record}", _REMEDY)
        )
    if problems:
        raise InputError(path.name, problems)
    return Prompt(
        f"{told['version']}（sha256 {sha256_of(path)[:_DIGEST]}）",
        told["system"],
        told["user"],
        {str(id): str(name) for id, name in told.get("editions", {}).items()},
    )


def written(case: Mapping[str, Any]) -> str:
    """Return a record as one text: sex, age and department, then the documents with numbers."""
    stay = case.get("admission") or {}
    known = [
        f"{word}：{stay[field]}{unit}"
        for field, word, unit in (
            ("sex", "性别", ""),
            ("age", "年龄", "岁"),
            ("department", "出院科别", ""),
        )
        if stay.get(field) is not None
    ]
    documents = [
        f"【文书 {number}：{document['type']}】\n{document['text']}"
        for number, document in enumerate(case["documents"])
    ]
    return "\n\n".join([*(["，".join(known)] if known else []), *documents])

"""A language model as a system under test (大语言模型编码): off unless its host is named.

Answers are kept by the digest of the record and of everything that decides them, so that a stopped
run goes on where it stopped. What is kept are codes and places, never the words of a record or of
an answer. A reply that can't be read counts as an empty page; how many did is told, none is
kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import Field

from zhibian.evaluation.coders.interface import (
    CodedPage,
    CoderInfo,
    LearningSet,
    RecordQuestion,
)
from zhibian.evaluation.coders.llm_answers import read_reply
from zhibian.evaluation.coders.llm_endpoint import Endpoint, host_of, usable_key
from zhibian.evaluation.coders.llm_prompt import SHIPPED, Prompt, read_prompt
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.data.digests import digest_of_case
from zhibian.evaluation.data.registry import load_datasets
from zhibian.evaluation.kept import Answered, Kept
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.records.deidentify.apply import deidentify
from zhibian.records.deidentify.rules import Rules, load_rules
from zhibian.records.types import Case

NAME, TITLE = "llm", "大语言模型"
_EMPTY = CodedPage(None)
_KEY_BYTES = 32
_UNREAD, _KEPT, _ASKED = "读不出的回答（按空答案计）", "沿用留存的回答", "新问的病历"


class LlmParameters(Parameters):
    """Settings (参数)."""

    base_url: str = Field(description="Address, such as http://127.0.0.1:8000/v1 服务地址")
    model: str = Field(min_length=1, description="Name of the model 模型名")
    prompt: Path | None = Field(default=None, description="Prompt file; null: the shipped one")
    temperature: float = Field(default=0.0, ge=0, le=2, description="Of sampling 温度")
    max_tokens: int = Field(default=2048, ge=1, description="Longest answer, tokens")
    timeout: float = Field(default=120.0, gt=0, description="Seconds of one attempt")
    retries: int = Field(default=3, ge=0, le=10, description="Further attempts when busy")
    key_variable: str = Field(
        default="ZHIBIAN_LLM_KEY",
        pattern=r"^[A-Z][A-Z0-9_]*$",
        description="Environment variable that holds the API key; may be unset",
    )
    deidentify: bool | None = Field(
        default=None,
        description="Remove identifiers before sending; null: unless all persons are invented",
    )


@dataclass(frozen=True, slots=True)
class LlmCoder:
    """Codes records by asking a language model (大语言模型).

    Attributes
    ----------
    endpoint, host
        The service, and the host that the user named.
    prompt
        What it is asked.
    identifiers
        Rules of de-identification; None sends records as they are, all persons being invented.
    work
        Folder of kept answers; None keeps nothing.
    counts
        What happened so far.
    """

    endpoint: Endpoint
    host: str
    prompt: Prompt
    identifiers: Rules | None = field(default=None, repr=False)
    work: Path | None = None
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def info(self) -> CoderInfo:
        """Return what a reader of a result must know; the key is not among it."""
        return CoderInfo(
            NAME,
            TITLE,
            versions={"model": self.endpoint.model, "prompt": self.prompt.version},
            parameters={
                "host": self.host,
                "temperature": self.endpoint.temperature,
                "max_tokens": self.endpoint.max_tokens,
                "deidentify": self.identifiers is not None,
            },
            notes={name: f"{count} 份" for name, count in self.counts.items() if count},
        )

    def learn(self, material: LearningSet) -> LlmCoder:
        """Return itself: it is shown nothing of the task's gold."""
        return self

    def code(self, questions: Sequence[RecordQuestion]) -> Iterator[CodedPage]:
        """Yield one page a record.

        Raises
        ------
        InputError
            The service fails; answers given so far are kept.
        """
        secret = secrets.token_bytes(_KEY_BYTES)
        for question in questions:
            key = self._key(question)
            kept = self._kept(key)
            if kept is not None:
                self.counts[_KEPT] += 1
                yield kept
                continue
            started = time.perf_counter()
            page = self._ask(question, secret)
            told = replace(page or _EMPTY, seconds=time.perf_counter() - started)
            if page is not None:
                self._keep(key, told)
            yield told

    def _ask(self, question: RecordQuestion, secret: bytes) -> CodedPage | None:
        """Return the page of the model's reply; None where it can't be read."""
        sent = self._sent(question.case, secret)
        reply = self.endpoint.ask(self.prompt.messages(sent, question.code_set))
        self.counts[_ASKED] += 1
        page = None if reply is None else read_reply(reply, question.case)
        self.counts[_UNREAD] += page is None
        return page

    def _sent(self, case: Case, secret: bytes) -> Mapping[str, Any]:
        told: dict[str, Any] = case.model_dump(mode="json", exclude={"coded_front_page"})
        if self.identifiers is None:
            return told
        return deidentify(told, self.identifiers, secret).case

    def _key(self, question: RecordQuestion) -> str:
        """Return a name for everything that decides an answer, the record by its digest."""
        stay = question.case.admission
        decides = {
            "record": digest_of_case(question.case),
            "stay": None if stay is None else [stay.sex.value, stay.age, stay.department],
            "code_set": question.code_set,
            "url": self.endpoint.url,
            **self.info.versions,
            **self.info.parameters,
        }
        told = json.dumps(decides, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:32]

    def _kept(self, key: str) -> CodedPage | None:
        found = None if self.work is None else Kept(self.work, CodedPage).get(key, 1)
        return None if found is None else found.answers[0]

    def _keep(self, key: str, page: CodedPage) -> None:
        if self.work is not None:
            Kept(self.work, CodedPage).put(key, Answered((page,), 0.0, page.seconds or 0.0))


def _make(given: LlmParameters, task: TaskSpec, resources: Resources) -> LlmCoder:
    host = host_of(given.base_url, resources.hosts)
    dataset = load_datasets().get(task.dataset)
    invented = dataset is not None and dataset.invented
    hides = not invented if given.deidentify is None else given.deidentify
    return LlmCoder(
        Endpoint(
            given.base_url,
            given.model,
            given.temperature,
            given.max_tokens,
            given.timeout,
            given.retries,
            usable_key(os.environ.get(given.key_variable), given.key_variable),
        ),
        host,
        read_prompt(given.prompt or SHIPPED),
        load_rules(resources.rules) if hides else None,
        None if resources.work is None else resources.work / NAME,
    )


LLM = RegisteredCoder(NAME, TITLE, LlmParameters, _make)

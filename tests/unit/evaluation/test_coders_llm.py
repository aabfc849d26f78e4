"""Language models: no record leaves without a named host, answers are read strictly."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.evaluation.chat_server import Service, Turn, serving
from tests.unit.evaluation.coder_records import ASKED, case, questions, resources, task

from zhibian.evaluation.coders.interface import CodedLine, RecordQuestion, Span
from zhibian.evaluation.coders.llm import LlmCoder
from zhibian.evaluation.coders.llm_answers import read_reply
from zhibian.evaluation.coders.llm_endpoint import Endpoint, host_of, usable_key
from zhibian.evaluation.coders.llm_prompt import SHIPPED, read_prompt
from zhibian.evaluation.coders.registry import CODERS
from zhibian.problems import InputError
from zhibian.review.reviewer import Reviewer

LOOPBACK = "127.0.0.1"
GOOD = json.dumps(
    {
        "principal": {"code": "J18.900", "confidence": 0.9, "document": 0, "quote": "肺炎"},
        "others": [{"code": "I10.x00x002"}],
        "procedures": [],
    }
)
KEY = "sk-secret-4711"


@pytest.fixture
def made(reviewer: Reviewer, rules: Path, tmp_path: Path) -> Any:
    def make(
        service: Service | str,
        *,
        hosts: tuple[str, ...] = (LOOPBACK,),
        dataset: str = "records",
        **parameters: Any,
    ) -> LlmCoder:
        url = service if isinstance(service, str) else service.url
        at_hand = resources(reviewer, rules, work=tmp_path, hosts=hosts)
        given = {"base_url": url, "model": "m", "timeout": 5, "retries": 2, **parameters}
        coder = CODERS["llm"](given, task(dataset=dataset), at_hand)
        assert isinstance(coder, LlmCoder)
        return replace(coder, endpoint=replace(coder.endpoint, pause=lambda seconds: None))

    return make


def failure(coder: LlmCoder) -> str:
    with pytest.raises(InputError) as failed:
        list(coder.code(questions(ASKED[:1])))
    (problem,) = failed.value.problems
    assert "肺炎" not in problem.render()
    assert KEY not in problem.render()
    return problem.code


@pytest.mark.parametrize(
    ("url", "hosts", "code"),
    [
        ("http://127.0.0.1:9/v1", (), "host_not_allowed"),
        ("http://127.0.0.1:9/v1", ("localhost",), "host_not_allowed"),
        ("https://models.example/v1", ("example",), "host_not_allowed"),
        ("https://evil.example/models.example", ("models.example",), "host_not_allowed"),
        ("https://models.example@evil.example/", ("models.example",), "url_invalid"),
        ("https://user:word@models.example/v1", ("models.example",), "url_invalid"),
        ("file:///etc/hosts", ("",), "url_invalid"),
        ("models.example/v1", ("models.example",), "url_invalid"),
        ("https://models.example:port/v1", ("models.example",), "url_invalid"),
    ],
)
def test_no_host_is_taken_for_granted(
    url: str, hosts: tuple[str, ...], code: str, made: Any
) -> None:
    with pytest.raises(InputError) as refused:
        made(url, hosts=hosts)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_named_host_is_found_in_any_case_and_with_a_port() -> None:
    assert host_of("https://Models.Example:8443/v1", ["models.example"]) == "models.example"
    assert host_of("http://[::1]:8000/v1", ["::1"]) == "::1"


def test_a_reply_becomes_a_page(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIBIAN_LLM_KEY", KEY)
    with serving(Turn(GOOD)) as service:
        coder = made(service)
        (page,) = coder.code(questions(ASKED[:1]))
    text = ASKED[0].question.case.documents[0].text
    start = text.index("肺炎")
    assert page.principal == CodedLine("J18.900", 0.9, None, (Span(0, start, start + 2),))
    assert page.others == (CodedLine("I10.x00x002"),)
    assert page.seconds is not None
    assert service.paths == ["/v1/chat/completions"]
    assert service.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert service.asked[0]["temperature"] == 0
    assert text in service.asked[0]["messages"][1]["content"]
    assert KEY not in repr(coder) + repr(coder.info)


def test_answers_are_kept_as_codes_and_taken_over(made: Any, tmp_path: Path) -> None:
    with serving(Turn(GOOD)) as service:
        first = list(made(service).code(questions(ASKED[:2])))
        again = made(service)
        assert list(again.code(questions(ASKED[:2]))) == first
        assert len(service.asked) == 2
        assert again.info.notes == {"沿用留存的回答": "2 份"}
        list(made(service, max_tokens=100).code(questions(ASKED[:1])))
        assert len(service.asked) == 3
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"J18.900" in kept
    assert "肺炎".encode() not in kept
    assert json.dumps("肺炎").encode() not in kept


@pytest.mark.parametrize(
    "reply",
    [
        Turn("我认为是肺炎"),
        Turn(GOOD[:-2]),
        Turn('{"principal": "J18.900"}'),
        Turn('{"principal": {"code": "肺炎"}}'),
        Turn(raw=b"<html>"),
        Turn(raw=b'{"choices": []}'),
        Turn(None),
    ],
)
def test_what_is_no_answer_counts_as_an_empty_page_and_is_told(reply: Turn, made: Any) -> None:
    with serving(reply) as service:
        coder = made(service)
        (page,) = coder.code(questions(ASKED[:1]))
    assert page.principal is None
    assert coder.info.notes["读不出的回答（按空答案计）"] == "1 份"


def test_a_redirect_is_not_followed(made: Any) -> None:
    with (
        serving(Turn(GOOD)) as other,
        serving(Turn("", 307, {"Location": f"{other.url}/chat/completions"})) as service,
    ):
        assert failure(made(service)) == "llm_redirect"
        assert (len(service.asked), other.asked) == (1, [])


def test_proxies_of_the_environment_are_not_used(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Turn(GOOD)) as service, serving(Turn(GOOD)) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        list(made(service).code(questions(ASKED[:1])))
        assert (len(service.asked), proxy.asked) == (1, [])


def test_a_busy_service_is_asked_again_and_given_up_in_the_end(made: Any) -> None:
    waited: list[float] = []
    with serving(Turn("", 429, {"Retry-After": "7"}), Turn("", 503), Turn(GOOD)) as service:
        coder = made(service)
        patient = replace(coder, endpoint=replace(coder.endpoint, pause=waited.append))
        (page,) = patient.code(questions(ASKED[:1]))
        assert page.principal is not None
    assert waited == [7.0, 2.0]
    with serving(Turn("", 429)) as service:
        assert failure(made(service)) == "llm_busy"
        assert len(service.asked) == 3


@pytest.mark.parametrize(("status", "code"), [(401, "llm_refused"), (400, "llm_refused")])
def test_a_refusal_is_not_tried_again(status: int, code: str, made: Any) -> None:
    with serving(Turn("肺炎", status)) as service:
        assert failure(made(service)) == code
        assert len(service.asked) == 1


def test_a_service_that_is_silent_or_gone_is_told_as_such(made: Any) -> None:
    with serving(Turn(GOOD, delay=1.0)) as service:
        assert failure(made(service, timeout=0.1, retries=0)) == "llm_timeout"
        gone = service.url
    assert failure(made(gone, retries=0)) == "llm_unreachable"


def test_identifiers_are_removed_unless_all_persons_are_invented(made: Any) -> None:
    named = case("1", "姓名：赵晓明，身份证号：110101196003077719。\n出院诊断：1.肺炎")
    asked = [RecordQuestion(named, "nhsa-2.0")]
    with serving(Turn(GOOD)) as service:
        hidden = made(service, dataset="a-hospital")
        (page,) = hidden.code(asked)
        list(made(service).code(asked))
    first, second = (one["messages"][1]["content"] for one in service.asked)
    assert hidden.info.parameters["deidentify"] is True
    assert "赵晓明" not in first
    assert "110101196003077719" not in first
    assert "赵晓明" in second
    # The quote is found in the record as it is.
    assert page.principal is not None
    start = named.documents[0].text.index("肺炎")
    assert page.principal.evidence == (Span(0, start, start + 2),)


def test_a_key_that_no_header_may_carry_is_refused_without_being_shown() -> None:
    assert usable_key(" k1 \n", "V") == "k1"
    assert usable_key(None, "V") is None
    with pytest.raises(InputError) as wrong:
        usable_key("k1\nX-Other: 1", "V")
    assert "k1" not in wrong.value.problems[0].render()


def test_replies_are_read_strictly() -> None:
    one = case("1", "出院诊断：肺炎", "病理：未见异常")
    fenced = read_reply(f"```json\n{GOOD}\n```", one)
    assert fenced is not None
    assert fenced.principal is not None
    assert read_reply(f"答：{GOOD}", one) is None
    told = {
        "principal": {"code": "J18.900", "document": 0, "quote": "未见异常"},
        "others": [
            {"code": "J18.900"},
            {"code": "I10.x00x002", "quote": "没有这句话"},
            {"code": "I10.x00x002"},
        ],
    }
    page = read_reply(json.dumps(told), one)
    assert page is not None
    assert page.principal == CodedLine("J18.900", evidence=(Span(1, 3, 7),))
    assert page.others == (CodedLine("I10.x00x002"),)
    assert read_reply("[" * 100_000, one) is None


def test_the_prompt_names_edition_record_and_format(tmp_path: Path) -> None:
    prompt = read_prompt()
    asked = case("1", "出院诊断：{edition} 肺炎").model_dump(mode="json")
    system, user = prompt.messages(asked, "clinical-2.0")
    assert system["role"] == "system"
    assert "临床版" in user["content"]
    assert '"principal"' in user["content"]
    # Braces of the record are its own words.
    assert "{edition} 肺炎" in user["content"]
    assert prompt.version.startswith("zhibian-coding-1")
    own = tmp_path / "prompt.yaml"
    own.write_text("version: v\nsystem: s\nuser: 没有位置\n", encoding="utf-8")
    with pytest.raises(InputError) as wrong:
        read_prompt(own)
    assert wrong.value.problems[0].field == "prompt.user"
    assert SHIPPED.is_file()


def test_an_endpoint_sends_halves_of_surrogate_pairs() -> None:
    with serving(Turn("好")) as service:
        assert Endpoint(service.url, "m").ask([{"role": "user", "content": "\ud83d"}]) == "好"

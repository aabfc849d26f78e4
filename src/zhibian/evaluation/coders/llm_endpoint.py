"""A language model behind an OpenAI-compatible address (模型服务): one host, nothing beside it.

Records leave the program here and nowhere else. The host must have been named by the user; a
redirect is never followed, and proxies of the environment are not used: either would carry the
record to another host. Errors tell what went wrong with the connection, never what was sent or
answered.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from zhibian.problems import InputError, Problem

_LARGEST_REPLY = 4_000_000
_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST_PAUSE = 60.0
_REMEDY = "已作答的病历已留存，排除故障后重新运行即可续上"


class _NoRedirect(HTTPRedirectHandler):
    """Follow no redirect: urllib then raises the answer as an error."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the model is and how it is asked (模型服务).

    Attributes
    ----------
    url
        Base address, such as ``http://127.0.0.1:8000/v1``.
    model
        Name of the model.
    temperature, max_tokens
        Of the answer.
    timeout
        Seconds until an attempt is given up.
    retries
        Further attempts when the service is busy or out of reach.
    key
        Bearer token; None sends none. It is in no text of this object.
    pause
        Waits some seconds; tests wait for nothing.
    """

    url: str
    model: str
    temperature: float = 0.0
    max_tokens: int = 2048
    timeout: float = 120.0
    retries: int = 3
    key: str | None = field(default=None, repr=False)
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)

    def ask(self, messages: Sequence[Mapping[str, str]]) -> str | None:
        """Return what the model wrote; None where the service's answer has no such text.

        Raises
        ------
        InputError
            The service is out of reach, stays busy, or refuses.
        """
        body = {
            "model": self.model,
            "messages": list(messages),
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "stream": False,
        }
        # Escaped throughout: half a surrogate pair in a record is no reason to fail on it.
        sent = json.dumps(body).encode()
        attempt = 0
        while True:
            answer = self._attempt(sent)
            if isinstance(answer, bytes):
                return _text_of(answer)
            if not answer.again or attempt == self.retries:
                raise InputError("llm", [Problem("llm", answer.code, answer.told, _REMEDY)])
            self.pause(min(2.0**attempt, 30.0) if answer.wait is None else answer.wait)
            attempt += 1

    def _attempt(self, body: bytes) -> bytes | _Failure:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = Request(
            f"{self.url.rstrip('/')}/chat/completions", data=body, headers=headers, method="POST"
        )
        opener = build_opener(ProxyHandler({}), _NoRedirect())
        try:
            with opener.open(request, timeout=self.timeout) as reply:
                read: bytes = reply.read(_LARGEST_REPLY + 1)
        except HTTPError as refused:
            with refused:
                return _refusal(refused.code, refused.headers.get("Retry-After"))
        except TimeoutError:
            return _Failure("llm_timeout", f"模型服务 {self.timeout:g} 秒内没有答复", again=True)
        except (URLError, HTTPException, OSError) as lost:
            timed_out = isinstance(getattr(lost, "reason", None), TimeoutError)
            what = f"{self.timeout:g} 秒内没有答复" if timed_out else "无法连接或连接中断"
            code = "llm_timeout" if timed_out else "llm_unreachable"
            return _Failure(code, f"模型服务{what}", again=True)
        if len(read) > _LARGEST_REPLY:
            return _Failure("llm_too_long", "模型服务的答复过长", again=False)
        return read


@dataclass(frozen=True, slots=True)
class _Failure:
    code: str
    told: str
    again: bool
    wait: float | None = None


def usable_key(key: str | None, variable: str) -> str | None:
    """Return an API key as a header may carry it; None where there is none.

    Raises
    ------
    InputError
        It holds characters that no header may have; the variable is named, never the key.
    """
    bare = (key or "").strip()
    if not all("!" <= character <= "~" for character in bare):
        remedy = "只填密钥本身，不含空格、换行与中文"
        problem = Problem(variable, "key_invalid", "环境变量中的密钥有不可用的字符", remedy)
        raise InputError("llm", [problem])
    return bare or None


def host_of(url: str, allowed: Sequence[str]) -> str:
    """Return the host of an address that the user has named.

    Parameters
    ----------
    url
        Base address.
    allowed
        Hosts that the user named; none is taken for granted, this machine neither.

    Raises
    ------
    InputError
        The address is none, carries a name and password, or its host was not named.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        plain = parts.scheme in {"http", "https"} and bool(host) and parts.port != 0
    except ValueError:
        plain, host = False, ""
    if not plain or parts.username or parts.password or parts.query or parts.fragment:
        message = "不是可用的服务地址"
        remedy = "写成 http://主机:端口/v1；密钥放在环境变量里，不写进地址"
        raise InputError("llm", [Problem("llm.base_url", "url_invalid", message, remedy)])
    if host not in {name.lower().strip("[]") for name in allowed}:
        message = f"没有获准向主机 {host} 发送病历"
        remedy = f"确认病历可以发往该主机后，加 --allow-host {host}（本机也须写明）"
        raise InputError("llm", [Problem("llm.base_url", "host_not_allowed", message, remedy)])
    return host


def _refusal(status: int, after: str | None) -> _Failure:
    if 300 <= status < 400:
        told = f"模型服务要求转到别处（{status}），不跟随：病历只发往指明的主机"
        return _Failure("llm_redirect", told, again=False)
    if status in _BUSY:
        return _Failure("llm_busy", f"模型服务忙或出错（{status}）", True, _seconds(after))
    if status in {401, 403}:
        return _Failure("llm_refused", f"模型服务拒绝访问（{status}）：核对密钥", again=False)
    return _Failure("llm_refused", f"模型服务不接受请求（{status}）：核对地址与模型名", again=False)


def _seconds(after: str | None) -> float | None:
    try:
        wait = float(after or "")
    except ValueError:
        return None
    return min(max(wait, 0.0), _LONGEST_PAUSE) if math.isfinite(wait) else None


def _text_of(reply: bytes) -> str | None:
    try:
        told: Any = json.loads(reply)
        text = told["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    return text if isinstance(text, str) else None

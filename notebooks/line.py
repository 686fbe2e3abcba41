"""The line to a served platform: requests of a notebook, and what it says when it refuses."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

TIMEOUT_S = 120
PATIENCE_S = 60
"""How long a platform that names a time to come again (503 with ``Retry-After``) is asked again."""


class Refused(Exception):
    """The platform did not answer, or refused: its own words, Chinese first."""

    def __init__(self, status: int, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")
        self.status = status
        """The status of HTTP; 0 where nobody answered."""


@dataclass(frozen=True)
class Line:
    """One platform and, where it wants one, the key of who reads."""

    url: str
    key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(
                "平台地址须以 http:// 或 https:// 开头;the platform's address must begin with http:// or"
                f" https://: {self.url}"
            )

    def json(self, path: str, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A document; of a whole address, as links carry it, too."""
        content, _ = self.bytes(path, parameters)
        document: dict[str, Any] = json.loads(content)
        return document

    def bytes(self, path: str, parameters: Mapping[str, str] | None = None) -> tuple[bytes, HTTPMessage]:
        """Content and headers."""
        address = path if path.startswith(f"{self.url}/") else self.url + path
        if parameters:
            address = f"{address}?{urlencode(parameters)}"
        request = Request(address, headers={"X-API-Key": self.key} if self.key else {})
        try:
            return _patiently(request)
        except (URLError, OSError, HTTPException) as cause:
            raise Refused(
                0,
                f"平台没有应答,请确认已启动(./onemap up):{self.url}",
                f"The platform does not answer; is it up (./onemap up)? {self.url} ({cause})",
            ) from None


def _patiently(request: Request) -> tuple[bytes, HTTPMessage]:
    """Content and headers, of a later answer where the platform asks to come again; Refused."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urlopen(request, timeout=TIMEOUT_S) as answer:
                return answer.read(), answer.headers
        except HTTPError as refusal:
            with refusal:
                wait_s = _asked_to_wait_s(refusal)
                if wait_s is None or time.monotonic() + wait_s > until:
                    raise _said(refusal.code, refusal.read()) from None
        time.sleep(wait_s)


def _asked_to_wait_s(refusal: HTTPError) -> float | None:
    """Seconds after which to come again, where the platform says so of a moment's standstill."""
    named: str = refusal.headers.get("Retry-After", "")
    return float(named) if refusal.code == 503 and named.isdecimal() else None


def _said(status: int, content: bytes) -> Refused:
    """What a problem document says; of another server's page between, its status alone."""
    try:
        problem = json.loads(content)
        return Refused(status, str(problem["zh"]), str(problem["en"]))
    except (ValueError, KeyError, TypeError):
        return Refused(status, f"服务器答复 {status}。", f"The server answered {status}.")

"""Where pictures come from 画面来源: a folder of this machine or one address that the operator declared.

Nothing else is ever asked: no redirect is followed, no proxy used, no credential sent, and what comes is
read up to a limit of bytes and of time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from spatial.errors import shorten
from water.cameras.model import Shot
from water.cameras.picture import BYTES_MOST, NoPicture
from water.errors import CameraRefused

PATIENCE_S: Final = 10.0
"""Between two bytes."""
DEADLINE_S: Final = 30.0
"""For the whole of a picture."""
_CHUNK: Final = 64 << 10
_SUFFIXES: Final = (".jpg", ".jpeg", ".png")
_GONE: Final = (404, 410)


class Kind(StrEnum):
    """What kind of place."""

    FOLDER = "folder"
    HTTP = "http"


@dataclass(frozen=True, slots=True)
class CameraSource:
    """A declared source; the newest picture in a folder, or whatever an address gives."""

    name: str
    kind: Kind
    address: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        wrong = (
            not Path(self.address).is_absolute()
            if self.kind is Kind.FOLDER
            else parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc
        )
        if wrong:
            raise CameraRefused(
                f"来源须为绝对路径的文件夹,或不带账号的 http(s) 地址:{self.address}",
                f"a source is a folder by its full path, or an http(s) address without credentials:"
                f" {self.address}",
                value=self.address,
            )


def fetch(source: CameraSource, clock: Callable[[], float] = time.monotonic) -> bytes:
    """The bytes that a source gives now; NoPicture where it gives none."""
    return _newest(Path(source.address)) if source.kind is Kind.FOLDER else _got(source.address, clock)


def _newest(folder: Path) -> bytes:
    try:
        found = [
            (each.stat().st_mtime_ns, each)
            for each in folder.iterdir()
            if each.suffix.lower() in _SUFFIXES
            and not each.name.startswith(".")
            and each.is_file()
            and not each.is_symlink()
        ]
        if not found:
            raise NoPicture(Shot.MISSING, "no picture in the folder")
        _, newest = max(found)
        with newest.open("rb") as file:
            content = file.read(BYTES_MOST + 1)
    except OSError as failure:
        raise NoPicture(Shot.UNREACHABLE, failure.strerror or "cannot be read") from failure
    _bound(len(content))
    return content


class _NoRedirect(HTTPRedirectHandler):
    """Elsewhere is not what the operator declared."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _got(address: str, clock: Callable[[], float]) -> bytes:
    opener = build_opener(ProxyHandler({}), _NoRedirect())
    until, content = clock() + DEADLINE_S, bytearray()
    try:
        asked = Request(address, headers={"accept": "image/jpeg, image/png"})
        with opener.open(asked, timeout=PATIENCE_S) as answer:
            while chunk := answer.read1(_CHUNK):
                content += chunk
                _bound(len(content))
                if clock() > until:
                    raise NoPicture(Shot.UNREACHABLE, f"not whole after {DEADLINE_S:g} s")
            expected = answer.headers.get("content-length")
    except HTTPError as failure:
        failure.close()
        state = Shot.MISSING if failure.code in _GONE else _refusal(failure.code)
        raise NoPicture(state, f"HTTP {failure.code}") from failure
    except (URLError, OSError, ValueError) as failure:
        raise NoPicture(Shot.UNREACHABLE, shorten(getattr(failure, "reason", failure), 200)) from failure
    if expected is not None and expected.isdigit() and int(expected) != len(content):
        raise NoPicture(Shot.NOT_AN_IMAGE, f"{len(content)} of {expected} bytes came")
    return bytes(content)


def _refusal(code: int) -> Shot:
    return Shot.REFUSED if 300 <= code < 500 else Shot.UNREACHABLE


def _bound(size: int) -> None:
    if size > BYTES_MOST:
        raise NoPicture(Shot.OVERSIZE, f"over {BYTES_MOST} bytes")

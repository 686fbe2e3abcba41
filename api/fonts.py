"""The platform's fonts 字体 over HTTP: a style sheet, a list for the map, and the files they name.

The files are the same for whoever asks, and so is the list of them: it says
what Debian's fonts can draw, not what is in the data (:mod:`tiles.fonts`).
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

import orjson
from starlette.routing import Route

from api.door import route
from api.wire import Header, Reply, Request
from spatial.errors import NotFound, shorten
from tiles.fonts.shelf import Face, Shelf
from tiles.fonts.sources import FAMILY

CSS = b"text/css; charset=utf-8"
JSON = b"application/json"
WOFF2 = b"font/woff2"
REVALIDATE = b"no-cache"
# A file's name is the digest of its content, so a name never changes its meaning.
IMMUTABLE = b"public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Cabinet:
    """What is on the shelf, as it goes out."""

    css: bytes
    faces: bytes
    css_sha256: str
    faces_sha256: str


class Fonts:
    """The doors of the fonts; what is made while the server runs is offered at once."""

    def __init__(self, data_dir: Path) -> None:
        self._shelf = Shelf(data_dir / "fonts")
        self._held: tuple[int, Cabinet] | None = None

    def routes(self) -> list[Route]:
        """The style sheet, the list and the files."""
        return [
            route("/fonts/fonts.css", self.style_sheet),
            route("/fonts/faces.json", self.faces),
            route("/fonts/{file}", self.file),
        ]

    async def style_sheet(self, request: Request) -> Reply:
        """``@font-face`` rules for the page's text; none where no fonts were made."""
        cabinet = self._cabinet()
        return Reply(200, _headers(CSS, REVALIDATE), cabinet.css, etag=cabinet.css_sha256)

    async def faces(self, request: Request) -> Reply:
        """The same for MapLibre's ``font-faces``: of several that have a character the first is meant."""
        cabinet = self._cabinet()
        return Reply(200, _headers(JSON, REVALIDATE), cabinet.faces, etag=cabinet.faces_sha256)

    async def file(self, request: Request) -> Reply:
        """One slice, for ever under this name."""
        name = request.path_params["file"]
        path = self._shelf.folder / name
        content = b""
        # A name of this form cannot leave the folder. What was replaced is still there for open pages.
        if _is_name(name) and path.is_file():
            content = await asyncio.to_thread(path.read_bytes)
        if not content:
            shown = shorten(name)
            raise NotFound(
                f"没有这个字体文件,可用的见 /fonts/fonts.css:{shown}",
                f"there is no such font file, /fonts/fonts.css names them: {shown}",
                value=shown,
            )
        return Reply(200, _headers(WOFF2, IMMUTABLE), content, etag=name.partition(".")[0])

    def _cabinet(self) -> Cabinet:
        changed = self._shelf.changed_ns
        if self._held is None or self._held[0] != changed:
            self._held = (changed, _cabinet(self._shelf.faces()))
        return self._held[1]


def _cabinet(faces: tuple[Face, ...]) -> Cabinet:
    # In a style sheet the last rule that has a character is meant, in MapLibre's list the first.
    css = "\n".join(_rule(face) for face in reversed(faces)).encode()
    listed = [{"url": f"fonts/{face.file}", "unicode-range": face.ranges} for face in faces]
    document = orjson.dumps({"family": FAMILY, "faces": listed})
    return Cabinet(
        css=css,
        faces=document,
        css_sha256=hashlib.sha256(css).hexdigest(),
        faces_sha256=hashlib.sha256(document).hexdigest(),
    )


def _rule(face: Face) -> str:
    return (
        f'@font-face{{font-family:"{FAMILY}";src:url({face.file}) format("woff2");font-display:swap;'
        f"unicode-range:{','.join(face.ranges)}}}"
    )


def _is_name(text: str) -> bool:
    """Whether it is the name of a file that was made once: twenty digits of a digest."""
    stem, _, suffix = text.partition(".")
    return suffix == "woff2" and len(stem) == 20 and all(mark in "0123456789abcdef" for mark in stem)


def _headers(media: bytes, caching: bytes) -> list[Header]:
    return [(b"content-type", media), (b"cache-control", caching)]

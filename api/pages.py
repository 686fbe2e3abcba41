"""The HTML of the API: our own templates, Chinese first, with nothing fetched from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

import orjson
from jinja2 import BaseLoader, Environment, FunctionLoader, StrictUndefined

from api.catalogue import Shown
from api.formats.negotiate import media
from api.parameters import language as tongue_of
from api.wire import Header, Reply, Request, tag_of
from spatial.catalogue.city import City

ROWS_SHOWN = 500
"""Rows of a table in a browser; a page of items may hold more, its JSON has them all."""


class Pages:
    """Renders documents for readers."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._environment = Environment(
            loader=_loader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.globals.update(style=style(), city=city)

    def render(self, template: str, language: str, base: str, **values: object) -> bytes:
        """A page as UTF-8."""
        page = self._environment.get_template(template)
        return page.render(language=language, base=base, say=_say(language), **values).encode()

    def reply(
        self,
        request: Request,
        parameters: Mapping[str, str],
        document: Mapping[str, Any],
        template: str,
        base: str,
        kind: str = "application/json",
        **values: object,
    ) -> Reply:
        """A document as JSON or as a page, whichever was asked for, with a validator of its content."""
        tongue = tongue_of(request, parameters)  # a bad one is refused in every format
        if media(request, parameters) == "html":
            body = self.render(template, tongue, base, document=document, **values)
            headers = html_headers()
        else:
            body = orjson.dumps(document)
            headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-cache")]
        tag = tag_of(body)
        return Reply(200, headers, body, etag=tag, vary=[b"Accept", b"Accept-Language"])

    def items(
        self,
        layer: Shown,
        features: list[dict[str, object]],
        members: dict[str, object],
        base: str,
        lang: str,
    ) -> bytes:
        """A page of items as a table."""
        return self.render(
            "items.html",
            lang,
            base,
            layer=layer,
            rows=features[:ROWS_SHOWN],
            cut=max(0, len(features) - ROWS_SHOWN),
            members=members,
            links={link["rel"]: link["href"] for link in members["links"]},  # type: ignore[attr-defined]
        )

    def item(self, layer: Shown, feature: dict[str, object], base: str, lang: str) -> bytes:
        """One item with all its properties."""
        return self.render("item.html", lang, base, layer=layer, feature=feature)


def html_headers() -> list[Header]:
    """Headers of a page: its type, its policy, and that it is to be asked about again."""
    return [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", policy()),
        (b"cache-control", b"no-cache"),
    ]


def _say(language: str) -> object:
    return lambda zh, en: zh if language == "zh" else en


def _loader() -> BaseLoader:
    return FunctionLoader(lambda name: _text(name))


@lru_cache(maxsize=32)
def _text(name: str) -> str:
    return (resources.files("api") / "templates" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def style() -> str:
    """The one style sheet, written into each page."""
    return _text("page.css")


@lru_cache(maxsize=1)
def policy() -> bytes:
    """Content-Security-Policy of these pages: their style sheet by its hash, no script at all."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'"
    ).encode()

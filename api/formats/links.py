"""Links of items: this page, the same in the other formats, its collection, what follows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote, unquote_plus

from api.catalogue import Shown
from api.formats.negotiate import ITEM, ITEMS, KINDS, Format
from api.parameters import Cursor, ItemsRequest
from api.wire import Request

_QUERY_SAFE = "%/:@!$&'()*+,;=-._~?"
_PLAIN_QUERY = re.compile(rf"[A-Za-z0-9{re.escape(_QUERY_SAFE)}]*")


def link(href: str, rel: str, media: str, title: str) -> dict[str, str]:
    """One link."""
    return {"href": href, "rel": rel, "type": media, "title": title}


def of_items(
    request: Request, layer: Shown, asked: ItemsRequest, base: str, after: Cursor | None
) -> list[dict[str, str]]:
    """Links of a page of items; ``after`` tells where the next one begins."""
    address = f"{base}{request.path}"
    query = _written(request.query_string.decode("latin-1"))
    kept = _kept(query)
    collection = link(
        f"{base}/collections/{layer.id}", "collection", "application/json", layer.contract.title.zh
    )
    links = [*_of_page(address, query, kept, asked.format), collection]
    if after is not None:
        form = "" if asked.format == "json" else f"&f={asked.format}"
        following = f"{kept}{form}&after={after.text()}".removeprefix("&")
        links.append(link(f"{address}?{following}", "next", KINDS[asked.format].media, "下一页"))
    return links


def _written(query: str) -> str:
    """A query as it may stand in a link; mostly it was sent so."""
    return query if _PLAIN_QUERY.fullmatch(query) else quote(query, safe=_QUERY_SAFE)


def _kept(query: str) -> str:
    """The query without what each link says for itself."""
    return "&".join(
        part
        for part in query.split("&")
        if part and unquote_plus(part.partition("=")[0]) not in ("after", "f")
    )


@lru_cache(maxsize=1024)
def _of_page(address: str, query: str, kept: str, form: Format) -> tuple[dict[str, str], ...]:
    changed = f"{address}?{kept}&f=" if kept else f"{address}?f="
    own = address + (f"?{query}" if query else "")
    return (link(own, "self", KINDS[form].media, "本页"), *_others(changed, form, ITEMS))


def of_item(layer: Shown, address: str, base: str, form: Format) -> list[dict[str, str]]:
    """Links of one item at ``address``."""
    return [
        link(address, "self", KINDS[form].media, "本要素"),
        *_others(f"{address}?f=", form, ITEM),
        link(f"{base}/collections/{layer.id}", "collection", "application/json", layer.contract.title.zh),
        link(f"{address}/versions", "version-history", "application/json", "历史版本"),
    ]


def of_collection(address: str) -> list[dict[str, str]]:
    """Links from a collection to its items in every format."""
    return [
        link(
            f"{address}/items" if name == "json" else f"{address}/items?f={name}",
            "items",
            KINDS[name].media,
            f"要素 {KINDS[name].title}",
        )
        for name in ITEMS
    ]


def _others(changed: str, own: Format, offered: tuple[Format, ...]) -> list[dict[str, str]]:
    """The other formats; last the one a reader of this one most likely wants: a page, or its GeoJSON."""
    last: Format = "json" if own == "html" else "html"
    return [
        link(changed + name, "alternate", *_KNOWN[name])
        for name in (*(each for each in offered if each not in (own, last)), last)
    ]


_KNOWN: Mapping[Format, tuple[str, str]] = {name: (kind.media, kind.title) for name, kind in KINDS.items()}

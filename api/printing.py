"""Print 出图 over HTTP: what is offered, and a sheet to exact scale as PDF.

What is on the sheet is read at the instants asked for, by the same rights as
items: a layer or a field that somebody may not see is not in the file. Reading is
a transaction at a desk of its own, drawing a process of its own; who hangs up
ends both.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from starlette.routing import Route

from api import edit_request
from api.catalogue import Catalogue, Shown
from api.desk import Desk
from api.door import route
from api.imagery import LAYER as IMAGES
from api.imagery import Imagery
from api.imagery_request import Asked
from api.pages import Pages
from api.parameters import COMMON, given
from api.places import place
from api.present import Presents
from api.print_request import KINDS, TEXT_MOST, PrintRequest, print_request
from api.problem import NoSuchPage
from api.release import Releases
from api.wire import PIECE_BYTES, WHO, ClientGone, Header, Reply, Request, unless_gone
from spatial.catalogue.city import City
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.history.read import Area
from tiles.ground import lon_lat
from tiles.matrix import Box as Reach
from tiles.matrix import gauss_krueger
from tiles.print import store
from tiles.print.ground import BEYOND_MM, ground, step_m
from tiles.print.model import (
    FEATURES_MOST,
    SCALE_LEAST,
    SCALE_MOST,
    USUAL_SCALES,
    VERTICES_MOST,
    Box,
    Job,
    Orientation,
    Paper,
    Pictures,
    Stock,
    Times,
    Wanted,
)
from tiles.print.sheet import sheet
from tiles.print.workshop import Printed, printed
from tiles.styles import is_drawn, shown_style

AT_ONCE, QUEUE_WAIT_S = 2, 15.0
"""Sheets that one worker draws at a time, and how long another waits for its turn."""
PDF = b"application/pdf"


class Printing:
    """The handlers of print."""

    def __init__(
        self,
        catalogue: Catalogue,
        desk: Desk,
        presents: Presents,
        imagery: Imagery,
        pages: Pages,
        releases: Releases,
        city: City,
        base_url: str | None,
    ) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._presents = presents
        self._imagery = imagery
        self._pages = pages
        self._releases = releases
        self._city = city
        self._base_url = base_url
        self._presses = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[Route]:
        """What is offered, and a sheet."""
        return [route("/print", self.offered, POST=self.print)]

    async def offered(self, request: Request) -> Reply:
        """``/print``: papers with the place of the map on them, scales, limits."""
        parameters = given(request.query_string, COMMON)
        base = request.base_url(self._base_url)
        document = {
            "papers": [_offered(paper, orientation) for paper in Paper for orientation in Orientation],
            "scale": {"least": SCALE_LEAST, "most": SCALE_MOST, "usual": USUAL_SCALES},
            "grid": {str(scale): step_m(scale) for scale in USUAL_SCALES},
            "limits": {"features": FEATURES_MOST, "vertices": VERTICES_MOST, "text": TEXT_MOST},
            "links": [{"href": f"{base}/print", "rel": "self", "type": "application/json"}],
        }
        return self._pages.reply(request, parameters, document, "plain.html", base, title="出图 Print")

    async def print(self, request: Request) -> Reply:
        """POST ``/print``: the sheet."""
        given(request.query_string, ("lang",))
        document, text = await edit_request.body(request, KINDS)
        asked = await edit_request.aside(lambda: print_request(document, self._city), text)
        chosen = self._chosen(request, asked)
        made = await unless_gone(request, self._printed(request, asked, chosen))
        return _reply(asked, made, synthetic=any(layer.contract.synthetic for layer, _ in chosen))

    def _chosen(self, request: Request, asked: PrintRequest) -> list[tuple[Shown, float]]:
        """The layers, from the topmost down; what is not drawn is refused by name."""
        if asked.layers is None:
            seen = self._catalogue.seen_by(request.principal).values()
            named = [(each.id, 1.0) for each in reversed(list(seen)) if is_drawn(each.contract)]
        else:
            named = list(asked.layers)
        found = [(self._catalogue.get(id, request.principal), share) for id, share in named]
        for layer, _ in found:
            if not is_drawn(layer.contract):
                raise NoSuchPage(
                    f"图层没有几何,不能出图,请从 layers 中去掉:{layer.id}",
                    f"the layer has no geometry and cannot be printed; leave it out of layers: {layer.id}",
                    value=layer.id,
                )
        return found

    async def _printed(
        self, request: Request, asked: PrintRequest, chosen: Sequence[tuple[Shown, float]]
    ) -> Printed:
        around = self._around(asked)
        now = datetime.now(UTC)
        vectors = [(layer, share) for layer, share in chosen if layer.id != IMAGES]
        wanted = [await self._wanted(layer, share, asked) for layer, share in vectors]
        stocks = iter(await self._read(wanted, around) if wanted else ())
        content: list[Stock | Pictures] = []
        for layer, share in chosen:
            if layer.id == IMAGES:
                content.append(await self._pictures(layer, share, asked, around))
                continue
            stock = next(stocks)
            await self._releases.take(layer, request.principal, stock.fids)
            content.append(stock)
        times = Times(asked.at, asked.asof, now)
        job = Job(asked.plan, self._city, times, tuple(content), asked.sketch)
        busy = "同时出图的人过多,请稍后重试", "too many sheets are being printed; try again later"
        async with place(self._presses, QUEUE_WAIT_S, *busy):
            return await printed(job)

    def _around(self, asked: PrintRequest) -> Box:
        """The degrees about the sheet, a little beyond the map."""
        plan = asked.plan
        metres = ground(plan, self._city, sheet(plan.paper, plan.orientation)).metres
        grown = metres.grown(BEYOND_MM * plan.scale / 1000)
        reach = Reach(grown.left, grown.bottom, grown.right, grown.top)
        box = lon_lat(gauss_krueger(self._city), reach)
        return Box(box.left, box.bottom, box.right - box.left, box.top - box.bottom)

    async def _wanted(self, layer: Shown, share: float, asked: PrintRequest) -> Wanted:
        """A layer with the fields that its signs and labels need, as far as they are shown."""
        style = shown_style(layer.contract, layer.fields)
        by, label = (layer.fields[name][1] if name else None for name in (style.by, style.label))
        head = await self._presents.head(layer)
        at = asked.at or head.at
        return Wanted(layer.contract, layer.table, style, share, by, label, at, asked.asof)

    async def _read(self, wanted: Sequence[Wanted], around: Box) -> list[Stock]:
        ended = threading.Event()

        def going_on() -> None:
            if ended.is_set():
                raise ClientGone

        def read(connection: Connection) -> list[Stock]:
            epsg = self._city.epsg_without_prefix
            return store.stock(connection, wanted, around, epsg, going_on)

        try:
            return await self._desk.run(read)
        finally:
            ended.set()

    async def _pictures(self, layer: Shown, share: float, asked: PrintRequest, around: Box) -> Pictures:
        wanted = Asked(asked.images, None, (), None, asked.at, asked.asof, None)
        area = Area(around.left, around.bottom, around.right, around.top)
        found = await self._imagery.lying(layer, wanted, (area,))
        return Pictures(
            title=layer.contract.title,
            folder=str(self._imagery.folder),
            files=found.files,
            style=asked.images.value,
            low=found.span.low,
            high=found.span.high,
            opacity=share,
            synthetic=layer.contract.synthetic,
        )


def _offered(paper: Paper, orientation: Orientation) -> dict[str, object]:
    parts = sheet(paper, orientation)
    window = parts.map
    return {
        "paper": paper.value,
        "orientation": orientation.value,
        "width_mm": parts.width,
        "height_mm": parts.height,
        "map_mm": [window.left, window.bottom, window.width, window.height],
    }


def _reply(asked: PrintRequest, made: Printed, *, synthetic: bool) -> Reply:
    plan = asked.plan
    day = datetime.now(BEIJING).strftime("%Y%m%d")
    tail = f"{plan.paper}-{plan.scale}-{day}.pdf"
    name = quote(f"{plan.title}-{tail}".replace("/", "-"), safe="")
    headers: list[Header] = [
        (b"content-type", PDF),
        (b"content-length", str(made.size_bytes).encode()),
        (b"content-disposition", f"attachment; filename=\"onemap-{tail}\"; filename*=UTF-8''{name}".encode()),
        (b"cache-control", b"no-store"),
    ]
    if synthetic:
        headers.append((b"onemap-synthetic", b"true"))
    return Reply(200, headers, stream=_pieces(made), vary=list(WHO))


async def _pieces(made: Printed) -> AsyncGenerator[bytes]:
    with made.file as file:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece

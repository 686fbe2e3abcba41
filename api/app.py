"""The application: the doors, what stands behind them, and their order.

Our own routes are plain ASGI endpoints inside FastAPI's router, so a hot route
costs no dependency resolution and no model. What is not items is answered with
pygeoapi's engine (``api.ogc``).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api import problem, web
from api.access_log import AccessLog
from api.address.facades import Facades
from api.address.geocoding import Geocoding
from api.address.matches import Matches
from api.address.reading import Reading
from api.address.register import Registers
from api.admission import Admission
from api.alerts import Alerts
from api.archive import Archive
from api.catalogue import Catalogue
from api.changes import Changes
from api.crs import edges
from api.desk import Desk
from api.difference_tiles import DifferenceTiles
from api.dispatch import Dispatch
from api.documents import Documents
from api.editing import Editing
from api.edr.door import Environment
from api.edr.resources import ObservedResources
from api.event_stream import EventStreams
from api.executions import Executions
from api.features import Features
from api.feed import Feed
from api.flood.coverage import FloodCoverage
from api.flood.held import HeldRuns
from api.flood.known import FloodKnown
from api.flood.pictures import FloodPictures
from api.flood.runs import FloodRuns
from api.fonts import Fonts
from api.guard import Guard
from api.health import Health
from api.history import History
from api.holders import Credentials
from api.identity import Identity
from api.imagery import Imagery
from api.indicators import Indicators
from api.inventory import Inventory
from api.journal import Auditor
from api.linked_data import LinkedData
from api.load import Load, end_stalled_readers, on_leaving
from api.metering import Meter, Metering
from api.metrics import OBSERVE_S, Metrics
from api.observed import Observed
from api.ogc import MANAGER, Engine, Resources
from api.pages import Pages
from api.painted import Painted
from api.parameters import spoken
from api.past_tiles import PastTiles
from api.pool import Pool
from api.present import Presents
from api.printing import Printing
from api.processes import Processes
from api.proposals import Proposals
from api.provenance import Provenance
from api.publication.comments import PublicationComments
from api.publication.held import Held
from api.publication.reading import PublicationReading
from api.publication.tiles import PublicationTiles
from api.quota import Metered, Quotas
from api.records import Records
from api.references import References
from api.release import Releases
from api.rivers.cameras import RiverCameras
from api.rivers.claims import RiverClaims
from api.rivers.events import RiverEvents
from api.rivers.forecasts import RiverForecasts
from api.rivers.gauges import RiverGauges
from api.rivers.response_plans import ResponsePlans
from api.rivers.warning_messages import WarningMessages
from api.rivers.warnings import RiverWarnings
from api.rivers.works import RiverWorks
from api.schedules import Schedules
from api.sensorthings.door import SensorThings
from api.sensorthings.stations import Stations
from api.sensorthings.stream import Stream
from api.sketches import Sketches
from api.stac.door import Stac
from api.stac.original import Originals
from api.stretches import Stretches
from api.styles import Styles
from api.telemetry_figures import TelemetryFigures
from api.tile_cutting import Cutting
from api.tiles import Tiles
from api.tilesets import Tilesets
from api.tokens import Tokens
from api.usage import Bookkeeping, Usage
from api.wire import Receive, Request, Scope, Send, deliver
from api.wmts import Wmts
from spatial.catalogue.city import read_city
from spatial.errors import shorten
from spatial.jobs.workplace import Workplace
from spatial.settings import Settings
from tiles.matrix import matrix_sets

SESSION = {
    "TimeZone": "Asia/Shanghai",
    "DateStyle": "ISO",
    "default_transaction_read_only": "on",
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "2s",
    "jit": "off",
}
HOT_CONNECTIONS = 8
HEAVY_CONNECTIONS = 4
PLACE_CONNECTIONS = 4
BULK_CONNECTIONS = 2
HEAVY_QUEUE_MAX, HEAVY_QUEUE_WAIT_S = 64, 2.0
"""A search takes a while itself: a short queue is no overload."""
TILE_CONNECTIONS, FAR_TILE_CONNECTIONS = 4, 2
TILE_QUEUE_WAIT_S = 8.0
"""A map asks for all tiles of a view at once and is content to get them one after the other."""
DESK_CONNECTIONS = 4
EDIT_CONNECTIONS = 4
PUBLICATION_CONNECTIONS = 3
"""Everybody looks at publications: the officers' desks are not theirs to fill."""
EDIT_QUEUE_WAIT_S = 2.0
"""Edits of one layer are made one after the other: a short queue is no overload."""
PRINT_CONNECTIONS, PRINT_QUEUE_WAIT_S = 2, 8.0
PICTURE_CONNECTIONS = 2
"""Pictures of runs are asked for as tiles are, a view at once."""
# Keyed reads have one good plan: it is made once.
HOT = {**SESSION, "statement_timeout": "2s", "plan_cache_mode": "force_generic_plan"}
# A bounding box decides between two indexes: its statement is planned for the values given. Parallel
# workers take 30 ms to start, which is more than most searches take, and are not there under load.
# To walk an index with rows in memory takes 1.8 × as long, row by row, as to read them all; by what the
# database reckons with of itself both are the same, and a rare condition walked to the end of the layer.
HEAVY = {
    **SESSION,
    "statement_timeout": "10s",
    "plan_cache_mode": "force_custom_plan",
    "max_parallel_workers_per_gather": "0",
    "cpu_index_tuple_cost": "0.03",
}
# A near tile, or a small box, is found by place alone: it has one good plan, which takes as long to make
# as the tile.
NEAR = {**HEAVY, "plan_cache_mode": "force_generic_plan"}
READ_WITHIN_S = 10.0
"""A worker takes its first connection when it has read the catalogue, and no later than this."""
LISTENING_WITHIN = 30
"""Looks, one a second, for the sockets that the server listens on once the application is made."""
HOT_DEADLINE_S, HEAVY_DEADLINE_S = 3.0, 12.0
"""For the time when the database cannot keep its own limits, being paused or cut off."""


def create_app(settings: Settings, dsn: str) -> FastAPI:
    """The application over one database; nothing is connected before its lifespan begins."""
    city = read_city(settings.city)
    catalogue = Catalogue(dsn)
    hot = Pool(dsn, name="hot", size=HOT_CONNECTIONS, settings=HOT, deadline_s=HOT_DEADLINE_S)
    heavy, bulk, places = (
        Pool(
            dsn,
            name=name,
            size=size,
            settings=of_session,
            deadline_s=HEAVY_DEADLINE_S,
            queue_max=HEAVY_QUEUE_MAX,
            queue_wait_s=HEAVY_QUEUE_WAIT_S,
        )
        for name, size, of_session in (
            ("heavy", HEAVY_CONNECTIONS, HEAVY),
            ("bulk", BULK_CONNECTIONS, HEAVY),
            ("places", PLACE_CONNECTIONS, NEAR),
        )
    )
    cutting = Cutting(
        *(
            Pool(
                dsn,
                name=name,
                size=size,
                settings=of_session,
                deadline_s=HEAVY_DEADLINE_S,
                queue_wait_s=TILE_QUEUE_WAIT_S,
            )
            for name, size, of_session in (
                ("tiles", TILE_CONNECTIONS, NEAR),
                ("far-tiles", FAR_TILE_CONNECTIONS, HEAVY),
            )
        )
    )
    claims = Pool(
        dsn,
        name="far-tiles-claims",
        size=1,
        settings=HOT,
        deadline_s=HOT_DEADLINE_S,
        queue_wait_s=TILE_QUEUE_WAIT_S,
    )
    desk = Desk(dsn, size=DESK_CONNECTIONS)
    edits = Desk(dsn, size=EDIT_CONNECTIONS, name="edits", queue_wait_s=EDIT_QUEUE_WAIT_S)
    public_desk = Desk(dsn, size=PUBLICATION_CONNECTIONS, name="publication", queue_wait_s=EDIT_QUEUE_WAIT_S)
    print_desk = Desk(dsn, size=PRINT_CONNECTIONS, name="print", queue_wait_s=PRINT_QUEUE_WAIT_S)
    picture_desk = Desk(dsn, size=PICTURE_CONNECTIONS, name="pictures", queue_wait_s=TILE_QUEUE_WAIT_S)
    far_desk = Desk(dsn, size=2, name="far-tiles-kept", queue_wait_s=TILE_QUEUE_WAIT_S)
    pages = Pages(city)
    offered = edges(city)
    base_url = settings.base_url
    load = Load()
    log = AccessLog(settings.access_log)
    metrics = Metrics(settings.metrics_dir, behind_proxy=base_url is not None)
    metrics.beside = TelemetryFigures(hot).families
    meter = Meter(catalogue=catalogue, log=log, metrics=metrics)
    quotas = Quotas(hot, workers=settings.server_workers)
    registers = Registers(catalogue, desk, settings.data_dir)
    books = Bookkeeping(dsn, settings.access_log)

    lent: dict[str, Pool | Desk] = {"hot": hot, "heavy": heavy, "bulk": bulk, "places": places}
    lent |= {
        "tiles": cutting.near,
        "far-tiles": cutting.far,
        "desk": desk,
        "edits": edits,
        "print": print_desk,
        "pictures": picture_desk,
        "far-tiles-kept": far_desk,
        "publication": public_desk,
    }

    async def observe() -> None:
        looks = LISTENING_WITHIN
        while True:
            looks = 0 if looks and end_stalled_readers(settings.read_timeout_s) else max(0, looks - 1)
            metrics.observe(load, lent, catalogue, log)
            await asyncio.to_thread(metrics.save)
            await asyncio.sleep(OBSERVE_S)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        on_leaving(load.leave, streams.close, observations.close)
        async with working(books.run(), observe()):
            yield

    @asynccontextmanager
    async def working(*more: Coroutine[object, object, None]) -> AsyncIterator[None]:
        """What every process does that asks the doors; one that serves does ``more``."""
        work = (catalogue.run(), meter.run(), quotas.run(), registers.run(), *more)
        running = [asyncio.create_task(each) for each in work]
        try:
            await catalogue.looked(READ_WITHIN_S)
            yield
        finally:
            streams.close()
            observations.close()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await features.close()
            await meter.close()
            await hot.close()
            await heavy.close()
            await bulk.close()
            await places.close()
            await cutting.near.close()
            await cutting.far.close()
            await desk.close()
            await edits.close()
            await print_desk.close()
            await picture_desk.close()
            await far_desk.close()
            await claims.close()
            await public_desk.close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.settings = settings
    app.state.catalogue = catalogue
    app.state.within = working
    app.router.redirect_slashes = False
    releases = Releases(catalogue, desk)
    editing = Editing(catalogue, edits, offered, pages, releases, city, base_url)
    features = Features(catalogue, hot, heavy, places, bulk, offered, pages, releases, base_url, editing)
    executions = Executions(catalogue, Workplace.of(settings, dsn))
    manager = {"name": MANAGER, "connection": dsn, "executions": executions}
    engine = Engine(Resources(catalogue, offered, city, dsn), city, manager)
    records = Records(catalogue, offered, pages, city, base_url)
    provenance = Provenance(catalogue, desk, pages, base_url)
    observed = Observed(heavy)
    environment = Environment(
        catalogue, Engine(ObservedResources(observed, city, dsn), city), observed, heavy, offered, base_url
    )
    documents = Documents(catalogue, engine, observed, records, offered, pages, city, base_url)
    history = History(catalogue, heavy, desk, pages, releases, base_url)
    changes = Changes(catalogue, heavy, history, offered, pages, releases, base_url)
    streams = EventStreams(catalogue, heavy)
    feed = Feed(catalogue, heavy, streams, pages, base_url)
    river_events = RiverEvents(catalogue, streams, base_url)
    presents, sets = Presents(cutting.near, cutting.far), matrix_sets(city)
    past = PastTiles(cutting.near, cutting.far, far_desk, claims)
    stretches = Stretches(cutting.near)
    tiles = Tiles(catalogue, cutting, presents, offered, releases, sets, past, stretches)
    differences = DifferenceTiles(catalogue, cutting, presents, releases, sets, city, base_url)
    tilesets = Tilesets(catalogue, tiles, presents, sets, pages, city, base_url)
    painted = Painted(tiles, sets, city)
    imagery = Imagery(catalogue, cutting.far, pages, city, settings.rasters, painted, base_url)
    printing = Printing(catalogue, print_desk, presents, imagery, pages, releases, city, base_url)
    held_runs = HeldRuns(catalogue, desk)
    flood_runs = FloodRuns(held_runs, desk, pages, base_url)
    flood_known = FloodKnown(catalogue, held_runs, desk, pages, base_url)
    flood_pictures = FloodPictures(HeldRuns(catalogue, picture_desk), picture_desk, city)
    flood_coverage = FloodCoverage(held_runs, desk, offered)
    stac = Stac(catalogue, heavy, held_runs, city, base_url)
    originals = Originals(catalogue, heavy, releases)
    wmts = Wmts(catalogue, imagery, painted, city, base_url)
    references = References(app, desk, settings.callback_hosts, base_url)
    processes = Processes(engine, executions, references, desk, pages, base_url)
    schedules = Schedules(executions, references, desk, pages, base_url)
    health = Health(catalogue, hot, load, settings.data_dir)
    usage = Usage(catalogue, desk, pages, base_url)
    proposals = Proposals(catalogue, desk, pages, releases, city, base_url)
    alerts = Alerts(catalogue, desk, pages, base_url)
    indicators = Indicators(catalogue, desk, pages, base_url)
    linked_data = LinkedData(catalogue, desk, base_url)
    river_claims = RiverClaims(catalogue, desk, pages, base_url)
    river_works = RiverWorks(catalogue, desk, pages, base_url)
    river_gauges = RiverGauges(catalogue, desk, pages, base_url)
    river_cameras = RiverCameras(catalogue, desk, pages, base_url)
    response_plans = ResponsePlans(catalogue, desk, pages, base_url)
    river_forecasts = RiverForecasts(catalogue, desk, pages, base_url)
    river_warnings = RiverWarnings(catalogue, desk, pages, base_url)
    warning_messages = WarningMessages(catalogue, desk, pages, city, base_url)
    archive = Archive(catalogue, desk, pages, base_url)
    admission = Admission(catalogue, desk, pages, base_url, open_here=settings.open_here)
    fonts = Fonts(settings.data_dir)
    styles = Styles(catalogue, pages, city, base_url)
    sketches = Sketches(city)
    geocoding, facades = Geocoding(registers), Facades(registers)
    reading = Reading(registers, catalogue, desk, base_url)
    shown = Held(catalogue, public_desk)
    publications = PublicationReading(shown)
    published_tiles = PublicationTiles(shown, cutting, sets, city, base_url)
    comments = PublicationComments(
        shown, city, workers=settings.server_workers, behind_proxy=base_url is not None
    )
    matches = Matches(registers, catalogue, desk, edits)
    sensorthings = SensorThings(catalogue, heavy, edits, observed, base_url, lambda: settings.mqtt_endpoint)
    observations = Stream(catalogue, heavy)
    stations, inventory = Stations(catalogue, heavy, base_url), Inventory(catalogue, heavy, desk)
    for door in (
        *(records, originals, history, changes, feed, proposals, provenance, features, documents),
        *(tiles, differences, tilesets, imagery, wmts, stac, printing),
        *(processes, schedules, admission, health, metrics, usage, fonts, styles, sketches),
        *(geocoding, reading, facades, matches, publications, published_tiles, comments),
        *(sensorthings, stations, observations, inventory, environment, alerts, indicators),
        *(linked_data, river_claims, river_works, river_gauges, river_cameras, archive),
        *(river_events, river_forecasts, warning_messages, river_warnings, flood_runs),
        *(flood_pictures, flood_coverage, response_plans, flood_known),
    ):
        app.router.routes += door.routes()
    app.router.routes += web.router.routes
    app.router.default = _nowhere
    holders = Credentials(catalogue, Tokens(settings.oidc) if settings.oidc else None)
    charged = Metered(Dispatch(app), quotas=quotas, metrics=metrics, behind_proxy=base_url is not None)
    guarded = Guard(  # what it refuses, nobody has looked at
        Identity(charged, holders, Auditor(desk), open_here=settings.open_here),
        load=load,
        away=lambda: catalogue.away,
        body_deadline_s=settings.body_timeout_s,
    )
    app.middleware_stack = Metering(guarded, meter=meter, load=load)
    meter.route(app.router.routes)
    return app


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer where no route matches."""
    request = Request(scope)
    await deliver(request, problem.problem(_missing(scope["path"]), spoken(request)), send)


def _missing(path: str) -> problem.NoSuchPage:
    shown = shorten(path)
    return problem.NoSuchPage(
        f"没有这个地址,入口见 /:{shown}", f"no such address, begin at /: {shown}", value=shown
    )

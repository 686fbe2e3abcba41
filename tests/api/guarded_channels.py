"""Every channel of the doors, and what is asked through it: a new route stands here or fails the matrix."""

from __future__ import annotations

import json
from urllib.parse import quote

from guarded_town import CANARY, FIELD, LAYERS

from spatial.access.model import Role

GAUSS = "http://www.opengis.net/def/crs/EPSG/0/4549"
PLACE = "CGCS2000Quad/9/75/424"
"""A tile in which something of every layer lies."""
BULK = ("csv", "jsonfg", "geojsonl", "fgb", "parquet")
_EQUAL = quote(f"{FIELD} = '{CANARY}'")
_LIKE = quote(f"name like '%' and casei({FIELD}) like casei('{CANARY[0]}%')")
_NULL = quote(f"not ({FIELD} is null)")
_JSON = quote(json.dumps({"op": "in", "args": [{"property": FIELD}, [CANARY, "李某"]]}))

# With the hidden field in it, a question must be answered as one about a field that there is not.
OF_A_LAYER = {
    "/collections/{id}": ["", "?f=html"],
    "/collections/{id}/items": [
        "/items",
        "/items?f=html",
        "/items?limit=3",
        "/items?bbox=118,36,119,38&count=exact",
        f"/items?crs={GAUSS}",
        "/items?asof=2099-01-01",
        "/items?datetime=2026-06-01/..",
        f"/items?q={CANARY}",
        f"/items?{FIELD}={CANARY}",
        f"/items?{FIELD}=1&f=html",
        f"/items?filter={_EQUAL}",
        f"/items?filter={_LIKE}",
        f"/items?filter={_NULL}&count=exact",
        f"/items?filter={_NULL}&f=csv",
        f"/items?filter={_JSON}&filter-lang=cql2-json",
        f"/items?sortby={FIELD}",
        f"/items?sortby=name,-{FIELD}",
        f"/items?properties={FIELD}",
        f"/items?properties=name,{FIELD}&f=csv",
        "/items?limit=0",
        *(f"/items?f={name}" for name in BULK),
        *(f"/items?f={name}&limit=5" for name in BULK),
    ],
    "/collections/{id}/items/{fid:path}": [
        "/items/P000001",
        "/items/P000001?f=html",
        "/items/P000001?f=jsonfg",
        f"/items/P000001?crs={GAUSS}",
        "/items/P000001?datetime=2026-06-01",
        f"/items/P000001?{FIELD}=1",
        "/items/none",
    ],
    "/collections/{id}/items/{fid:path}/versions": [
        "/items/P000001/versions",
        "/items/P000001/versions?f=html",
        "/items/none/versions",
    ],
    "/collections/{id}/changes": [
        "/changes",
        "/changes?f=html",
        "/changes?from=0",
        "/changes?axis=valid&from=2025-06-01&to=2026-06-01",
        "/changes?axis=valid",
    ],
    "/collections/{id}/changes/tiles/{tms}": [
        "/changes/tiles/CGCS2000Quad",
        "/changes/tiles/CGCS2000Quad?f=tilejson&axis=valid&from=2025-06-01",
    ],
    "/collections/{id}/changes/tiles/{tms}/{z}/{row}/{col}": [
        f"/changes/tiles/{PLACE}",
        f"/changes/tiles/{PLACE}?axis=valid&from=2025-06-01&to=2026-06-01",
        f"/changes/tiles/{PLACE}?from=0",
    ],
    "/collections/{id}/map/tiles": ["/map/tiles"],
    "/collections/{id}/map/tiles/{tms}": ["/map/tiles/CGCS2000Quad"],
    "/collections/{id}/map/tiles/{tms}/{z}/{row}/{col}": [f"/map/tiles/{PLACE}"],
    "/collections/{id}/tiles": ["/tiles", "/tiles?f=html"],
    "/collections/{id}/tiles/{tms}": [
        "/tiles/CGCS2000Quad",
        "/tiles/CGCS2000Quad?f=html",
        "/tiles/CGCS2000Quad?f=tilejson",
        f"/tiles/CGCS2000Quad?f=tilejson&properties={FIELD}",
    ],
    "/collections/{id}/tiles/{tms}/{z}/{row}/{col}": [
        f"/tiles/{PLACE}",
        "/tiles/CGCS2000Quad/0/0/0",
        f"/tiles/{PLACE}?asof=2099-01-01",
        f"/tiles/{PLACE}?datetime=2026-06-01/..",
        f"/tiles/{PLACE}?properties=name",
        f"/tiles/{PLACE}?properties={FIELD}",
        f"/tiles/{PLACE}?properties=name,{FIELD}",
    ],
    "/collections/{id}/schema": ["/schema", "/schema?f=html", "/schema?lang=en"],
    "/collections/{id}/queryables": ["/queryables", "/queryables?f=html"],
    "/collections/{id}/sortables": ["/sortables", "/sortables?f=html"],
    "/collections/{id}/legend": ["/legend", "/legend?f=svg"],
    "/collections/{id}/styles": ["/styles"],
    "/collections/{id}/quality": ["/quality", "/quality?f=html"],
    "/collections/{id}/lineage": ["/lineage", "/lineage?f=html"],
}
REFUSED = {
    "/items?limit=0": 400,
    f"/items/P000001?{FIELD}=1": 400,
    "/changes?axis=valid": 400,
}
"""What nobody is answered."""
OF_A_CHANGESET = {
    "/changesets/{number}": ["", "?f=html"],
    "/changesets/{number}/changes": ["/changes", "/changes?f=html"],
    "/changesets/{number}/quality": ["/quality", "/quality?f=html"],
    "/changesets/{number}/lineage": ["/lineage", "/lineage?f=html"],
}
OF_ALL_LAYERS = {
    "/": ["/", "/?f=html"],
    "/collections": ["/collections", "/collections?f=html", "/collections?lang=en"],
    "/collections/records": ["/collections/records", "/collections/records?f=html"],
    "/collections/records/items": [
        "/collections/records/items",
        "/collections/records/items?f=html",
        "/collections/records/items?sortby=-title",
    ],
    "/collections/records/items/{record}": [f"/collections/records/items/{id}" for id in LAYERS],
    "/collections/records/queryables": ["/collections/records/queryables"],
    "/collections/records/sortables": ["/collections/records/sortables"],
    "/wmts": [
        "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities",
        *(
            f"/wmts?REQUEST=GetTile&LAYER={id}&TILEMATRIXSET=WebMercatorQuad&TILEMATRIX=0&TILEROW=0&TILECOL=0"
            for id in LAYERS
        ),
    ],
    "/wmts/1.0.0/WMTSCapabilities.xml": ["/wmts/1.0.0/WMTSCapabilities.xml"],
    "/tiles": ["/tiles", "/tiles?f=html", *(f"/tiles?collections={id}" for id in LAYERS)],
    "/tiles/{tms}": ["/tiles/CGCS2000Quad", "/tiles/CGCS2000Quad?f=html", "/tiles/CGCS2000Quad?f=tilejson"],
    "/tiles/{tms}/{z}/{row}/{col}": [f"/tiles/{PLACE}", "/tiles/CGCS2000Quad/0/0/0"],
    "/openapi.json": ["/openapi.json", "/openapi.json?lang=en"],
    "/openapi-3.0.json": ["/openapi-3.0.json"],
    "/api": ["/api"],
    "/map/config.json": ["/map/config.json"],
    "/styles": ["/styles", "/styles?f=html"],
    "/styles/{id}": [f"/styles/{id}{rest}" for id in LAYERS for rest in ("", "?f=sld11")],
    "/styles/{id}/metadata": [f"/styles/{id}/metadata" for id in LAYERS],
    "/assets": ["/assets", "/assets?lang=en"],
    "/print": ["/print", "/print?f=html"],
    "/changesets": ["/changesets", "/changesets?f=html", *(f"/changesets?layer={id}" for id in LAYERS)],
    "/changes": ["/changes", "/changes?f=html", *(f"/changes?layers={id}" for id in LAYERS)],
    "/proposals": ["/proposals", "/proposals?f=html", *(f"/proposals?layer={id}" for id in LAYERS)],
    "/processes": ["/processes", "/processes?f=html"],
    "/alerts": ["/alerts", "/alerts?f=html"],
    "/indicators": ["/indicators", "/indicators?f=html"],
    "/linked-data": ["/linked-data"],
    "/jobs": ["/jobs", "/jobs?f=html"],
    "/schedules": ["/schedules", "/schedules?f=html"],
    "/usage": ["/usage", "/usage?f=html"],
    "/access/me": ["/access/me", "/access/me?f=html"],
}
BY_ROLE = {
    "/access/keys": Role.SECURITY_ADMINISTRATOR,
    "/access/keys/{id}/revocation": Role.SECURITY_ADMINISTRATOR,
    "/access/grants": None,
    "/access/grants/{number}/revocation": None,
    "/audit": Role.AUDITOR,
    "/metrics": Role.AUDITOR,
}
OF_ONE_THING = {
    "/changes/stream",
    "/collections/{id}/proposals",
    "/proposals/{number}",
    "/proposals/{number}/changes",
    "/proposals/{number}/review",
    "/proposals/{number}/apply",
    "/proposals/{number}/withdraw",
    "/processes/{id}/execution",
    "/alerts/{number}",
    "/indicators/{code}/values",
    "/jobs/{id}",
    "/jobs/{id}/lineage",
    "/jobs/{id}/results",
    "/jobs/{id}/results/{output}",
    "/schedules/{id}",
}
"""Streams, proposals and jobs: test_api_access_work.py and test_api_access_feed.py; alerts and values:
test_api_alerts.py."""
WITHOUT_LAYERS = {
    "/tileMatrixSets",
    "/tileMatrixSets/{tms}",
    "/conformance",
    "/functions",
    "/rivers/claim-properties",
    "/archive/roots",
    "/processes/{id}",
    "/health/live",
    "/health/ready",
    "/map",
    "/static/{name:path}",
    "/sketch/read",
    "/sketch/write",
    "/fonts/fonts.css",
    "/fonts/faces.json",
    "/fonts/{file}",
    "/styles/sprite.json",
    "/styles/sprite.png",
    "/styles/sprite@2x.json",
    "/styles/sprite@2x.png",
}
OF_THE_REGISTER = {
    "/v1/search/structured",
    "/v1/search",
    "/v1/autocomplete",
    "/v1/reverse",
    "/v1/place",
    "/v1/parse",
    "/v1/standardize",
    "/v1/validate",
    "/v1/compare",
    "/v1/resolve/{code}",
    "/v1/plates/{code}",
    "/v3/geocode/geo",
    "/v3/geocode/regeo",
    "/v3/assistant/inputtips",
    "/geocoder",
}
"""Answered from the layers of the address register to whoever may read them: test_api_address.py."""
OF_LISTS = {
    "/v1/matches",
    "/v1/matches/{task}",
    "/v1/matches/{task}/texts",
    "/v1/matches/{task}/texts/{number}",
}
"""A department's lists under review: test_api_address_matches.py."""
OF_PUBLICATIONS = {
    "/publications",
    "/publications/{number}",
    "/publications/{number}/statistics",
    "/publications/{number}/layers/{layer}/items",
    "/publications/{number}/layers/{layer}/tiles/{tms}",
    "/publications/{number}/layers/{layer}/tiles/{tms}/{z}/{row}/{col}",
    "/publications/{number}/comments",
    "/publications/{number}/comments/{code}",
    "/publications/{number}/comments/{comment}/moderation",
    "/publications/{number}/comments/{comment}/answer",
    "/publications/{number}/file",
}
"""What was published for everybody, and what is said of it: test_api_publication.py."""
OF_THE_ARCHIVE = {
    "/archive/objects",
    "/archive/objects/{object}/versions/{version}",
    "/archive/objects/{object}/versions/{version}/files/{path}",
    "/archive/objects/{object}/versions/{version}/inventory",
    "/archive/objects/{object}/versions/{version}/proof",
}
"""Objects about layers, and files that may be internal: test_api_archive.py."""
OF_OBSERVATIONS = {
    "/stations",
    "/observations/stream",
    "/observed-properties",
    "/findings",
    "/datastreams/{number}/corrections",
    "/sensorthings/v1.1",
    "/sensorthings/v1.1/CreateObservations",
    "/sensorthings/v1.1/$batch",
    "/sensorthings/v1.1/{resource:path}",
    "/datastreams/{number}/chart",
    "/collections/{id}/position",
    "/collections/{id}/radius",
    "/collections/{id}/area",
    "/collections/{id}/cube",
    "/collections/{id}/locations",
    "/collections/{id}/locations/{location:path}",
}
"""By the layer that a thing names: test_api_sensorthings.py, test_api_edr.py."""
OF_RIVERS = {
    "/linked-data/{source}",
    "/linked-data/{source}/{id}",
    "/linked-data/{source}/{id}/navigation",
    "/linked-data/{source}/{id}/navigation/{mode}",
    "/linked-data/{source}/{id}/navigation/{mode}/{target}",
}
"""For who may read the layers of the river network: test_api_linked_data.py."""
OF_FLIGHTS = {
    "/stac",
    "/stac/conformance",
    "/stac/collections",
    "/stac/collections/{collection}",
    "/stac/collections/{collection}/items",
    "/stac/collections/{collection}/items/{item}",
    "/stac/search",
    "/collections/raster-assets/items/{digest}/original",
    "/collections/point-cloud-assets/items/{digest}/original",
}
"""For who may read the layers of catalogued files: test_api_stac.py."""
OF_WORKS = {
    "/rivers/subjects",
    "/rivers/subjects/{subject}/claims",
    "/rivers/claims/{claim}",
    "/rivers/{route}/along",
    "/rivers/defects/{defect}",
    "/rivers/documents/{sha256}",
    "/rivers/sections/{section}",
    "/rivers/cameras",
    "/rivers/cameras/{camera}",
    "/rivers/cameras/{camera}/snapshots",
    "/rivers/cameras/{camera}/snapshots/{slot}",
    "/rivers/stages",
    "/rivers/stations",
    "/rivers/stations/{station}",
    "/rivers/stations/{station}/series",
    "/rivers/stations/{station}/waterml",
    "/rivers/stations/{station}/ratings",
    "/rivers/sl323/{table}",
    "/forecast-models",
    "/forecast-models/{model}",
    "/forecasts",
    "/forecasts/{forecast}",
    "/forecasts/{forecast}/stages",
    "/forecasts/{forecast}/table",
}
"""For who may read the layers of works and monitoring: test_api_rivers.py."""
OF_RESPONSE_PLANS = {
    "/response-plans",
    "/response-plans/stream",
    "/response-plans/{plan}",
    "/response-plans/{plan}/versions",
    "/response-plans/{plan}/versions/{version}",
    "/response-plans/{plan}/difference",
    "/response-plans/{plan}/activations",
    "/response-plans/{plan}/activations/{activation}",
}
"""For who may read the register of plans: test_api_response_plans.py."""
OF_WARNINGS = {
    "/warnings",
    "/warnings/rules",
    "/warnings/judgements",
    "/warnings/ledger",
    "/warnings/feed",
    "/warnings/stream",
    "/warnings/{number}",
    "/warnings/{number}/cap",
    "/warnings/{number}/acknowledgements",
    "/warnings/{number}/cancellation",
}
"""For who is known and may read the layers of monitoring: test_api_warnings.py."""
OF_ASSETS = {"/assets/documents/{sha256}"}
"""For who may read the register of documents and the layer of the asset: test_api_asset_documents.py."""
OF_RUNS = {
    "/flood/known",
    "/flood/roughness",
    "/flood/runs",
    "/flood/runs/{run}",
    "/flood/runs/{run}/position",
    "/flood/runs/{run}/coverage",
    "/flood/runs/{run}/files/{name}",
    "/flood/runs/{run}/depth.zarr/{key:path}",
    "/flood/runs/{run}/map/tiles/{tms}/{z}/{row}/{col}",
}
"""For departments that may read what a run was made from: test_api_flood.py; of what was known, each part for
who may read its layers: test_api_flood_known.py."""
ALL = {
    *OF_A_LAYER, *OF_A_CHANGESET, *OF_ALL_LAYERS, *BY_ROLE, *OF_ONE_THING, *WITHOUT_LAYERS, *OF_THE_REGISTER,
    *OF_LISTS, *OF_OBSERVATIONS, *OF_PUBLICATIONS, *OF_RIVERS, *OF_FLIGHTS, *OF_WORKS,
    *OF_THE_ARCHIVE, *OF_WARNINGS, *OF_RUNS, *OF_ASSETS, *OF_RESPONSE_PLANS,
}  # fmt: skip

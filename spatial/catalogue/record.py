"""The catalogue record 元数据 of a layer: OGC API – Records, carrying ISO 19115 content."""

from __future__ import annotations

from spatial.catalogue.city import City, Extent
from spatial.catalogue.contract import Contract, HeightType, Sharing
from spatial.catalogue.store import Layer, Statistics

Document = dict[str, object]
"""A JSON object."""

CONFORMS_TO = "http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core"
SYNTHETIC_ZH = "合成数据:由固定种子生成,不反映实际情况。"
SYNTHETIC_EN = "Synthetic data, generated from a fixed seed; it describes nothing real."

_SHARING = {
    Sharing.OPEN: "无条件共享 unconditional",
    Sharing.CONDITIONAL: "有条件共享 conditional",
    Sharing.CLOSED: "不予共享 none",
}
_HEIGHTS = {
    HeightType.NONE: "无高程 none",
    HeightType.NORMAL_1985: "1985 国家高程基准 normal heights",
    HeightType.ELLIPSOIDAL: "大地高 ellipsoidal heights",
    HeightType.UNKNOWN: "高程类型不明 unknown",
}


def record(layer: Layer, statistics: Statistics, city: City, *, base_url: str = "") -> Document:
    """The record of a layer in service. Without features its extent is that of the city."""
    contract = layer.contract
    extent = statistics.extent_4490 or city.extent_4490
    return {
        "id": contract.id,
        "type": "Feature",
        "conformsTo": [CONFORMS_TO],
        "geometry": _polygon(extent) if contract.geometry else None,
        "time": None,  # valid times are per feature; the layer promises none of its own
        "properties": _properties(layer, statistics, city),
        "links": _links(contract, base_url),
    }


def _properties(layer: Layer, statistics: Statistics, city: City) -> Document:
    contract = layer.contract
    changed = max(filter(None, (layer.changed_at, statistics.last_recorded_at)))
    stamp = f"{SYNTHETIC_ZH}{SYNTHETIC_EN} " if contract.synthetic else ""
    return {
        "type": "dataset",
        "title": f"{contract.title.zh} {contract.title.en}",
        "description": f"{stamp}{contract.description.zh} {contract.description.en}",
        "language": {"code": "zh", "name": "中文"},
        "languages": [{"code": "zh", "name": "中文"}, {"code": "en", "name": "English"}],
        "resourceLanguages": [{"code": "zh", "name": "中文"}],
        "keywords": [contract.title.zh, contract.title.en, city.name.zh, city.name.en],
        "created": layer.created_at.isoformat(timespec="seconds"),
        "updated": changed.isoformat(timespec="seconds"),
        "contacts": [{"organization": contract.steward, "roles": ["custodian", "pointOfContact"]}],
        "license": contract.licence or "other",
        "rights": _SHARING[contract.sharing],
        "formats": [{"name": "GeoJSON", "mediaType": "application/geo+json"}],
        "iso19115": {
            "referenceSystem": "EPSG:4490 (CGCS2000)" if contract.geometry else None,
            "heightType": _HEIGHTS[contract.height_type],
            "spatialRepresentation": "vector" if contract.geometry else "textTable",
            "geometryType": contract.geometry,
            "precision_deg": contract.precision_deg if contract.geometry else None,
            "timeMeaning": {"zh": contract.valid_time.zh, "en": contract.valid_time.en},
            "sourceStandard": contract.source_standard,
            "lineage": _lineage(layer, statistics),
            "features": statistics.features,
        },
        "synthetic": contract.synthetic,
    }


def _lineage(layer: Layer, statistics: Statistics) -> Document:
    if statistics.last_changeset is None:
        said = "尚无变更集 no changeset yet"
    else:
        said = f"由变更集写入,最近一次为 {statistics.last_changeset} written by changesets, the last being it"
    return {
        "statement": f"{layer.contract.source_standard};{said}",
        "lastChangeset": statistics.last_changeset,
        "contractVersion": layer.version,
        "contractSha256": layer.contract_sha256.hex(),
    }


def _links(contract: Contract, base_url: str) -> list[Document]:
    collection = f"{base_url}/collections/{contract.id}"
    return [
        {"rel": "collection", "type": "application/json", "href": collection},
        {"rel": "items", "type": "application/geo+json", "href": f"{collection}/items"},
        {"rel": "describedby", "type": "application/schema+json", "href": f"{collection}/schema"},
    ]


def _polygon(box: Extent) -> Document:
    ring = [
        [box.west, box.south],
        [box.east, box.south],
        [box.east, box.north],
        [box.west, box.north],
        [box.west, box.south],
    ]
    return {"type": "Polygon", "coordinates": [ring]}

"""The catalogue record 元数据 of a layer: OGC API – Records, carrying ISO 19115 content."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from spatial.catalogue.city import City, Extent
from spatial.catalogue.contract import Contract, HeightType, Sharing
from spatial.catalogue.quality import Measure

Document = dict[str, object]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record says beyond the contract: how the layer stands now."""

    created_at: datetime
    changed_at: datetime
    contract_version: int
    contract_sha256: bytes
    features: int
    extent_4490: Extent | None = None
    valid_first: datetime | None = None
    valid_last: datetime | None = None
    """``None`` while something is valid until further notice."""
    changeset: int | None = None
    recorded_at: datetime | None = None
    measured_changeset: int | None = None
    measures: Sequence[Measure] = ()


CONFORMS_TO = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"
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


def record(
    contract: Contract, facts: Facts, city: City, *, base_url: str = "", fields: Collection[str] | None = None
) -> Document:
    """The record of a layer in service. Without features its extent is that of the city.

    ``fields`` are those the asker may know of; measures of others are left out.
    """
    extent = facts.extent_4490 or city.extent_4490
    return {
        "id": contract.id,
        "type": "Feature",
        "conformsTo": [CONFORMS_TO],
        "geometry": _polygon(extent) if contract.geometry else None,
        "time": _time(facts),
        "properties": _properties(contract, facts, city, fields),
        "links": _links(contract, base_url),
    }


def _time(facts: Facts) -> Document | None:
    """The valid time that the layer's believed versions span."""
    if facts.valid_first is None:
        return None
    last = facts.valid_last.isoformat() if facts.valid_last else ".."
    return {"interval": [facts.valid_first.isoformat(), last]}


def _properties(contract: Contract, facts: Facts, city: City, fields: Collection[str] | None) -> Document:
    changed = max(filter(None, (facts.changed_at, facts.recorded_at)))
    stamp = f"{SYNTHETIC_ZH}{SYNTHETIC_EN} " if contract.synthetic else ""
    return {
        "type": "dataset",
        "title": f"{contract.title.zh} {contract.title.en}",
        "description": f"{stamp}{contract.description.zh} {contract.description.en}",
        "language": {"code": "zh", "name": "中文"},
        "languages": [{"code": "zh", "name": "中文"}, {"code": "en", "name": "English"}],
        "resourceLanguages": [{"code": "zh", "name": "中文"}],
        "keywords": [contract.title.zh, contract.title.en, contract.steward, city.name.zh, city.name.en],
        "created": facts.created_at.isoformat(timespec="seconds"),
        "updated": changed.isoformat(timespec="seconds"),
        "contacts": [{"organization": contract.steward, "roles": ["custodian", "pointOfContact"]}],
        "license": contract.licence or "other",
        "rights": _SHARING[contract.sharing],
        "formats": [{"name": "GeoJSON", "mediaType": "application/geo+json"}],
        "externalIds": [{"scheme": "urn:onemap:layer", "value": f"{city.code}/{contract.id}"}],
        "iso19115": {
            "referenceSystem": "EPSG:4490 (CGCS2000)" if contract.geometry else None,
            "heightType": _HEIGHTS[contract.height_type],
            "spatialRepresentation": "vector" if contract.geometry else "textTable",
            "geometryType": contract.geometry,
            "precision_deg": contract.precision_deg if contract.geometry else None,
            "timeMeaning": {"zh": contract.valid_time.zh, "en": contract.valid_time.en},
            "sourceStandard": contract.source_standard,
            "lineage": _lineage(contract, facts),
            "dataQuality": _quality(facts, fields),
            "features": facts.features,
        },
        "synthetic": contract.synthetic,
    }


def _lineage(contract: Contract, facts: Facts) -> Document:
    if facts.changeset is None:
        said = "尚无变更集 no changeset yet"
    else:
        number = facts.changeset
        said = f"由变更集写入,最近一次为 {number} written by changesets, the last being {number}"
    return {
        "statement": f"{contract.source_standard};{said}",
        "lastChangeset": facts.changeset,
        "contractVersion": facts.contract_version,
        "contractSha256": facts.contract_sha256.hex(),
    }


def _quality(facts: Facts, fields: Collection[str] | None) -> Document | None:
    """ISO 19157: what the last measured delivery was found to be."""
    if facts.measured_changeset is None:
        return None
    known = [one for one in facts.measures if fields is None or one.fields <= set(fields)]
    return {"changeset": facts.measured_changeset, "report": [measure_json(one) for one in known]}


def measure_json(measure: Measure) -> Document:
    """A measure as JSON: number, unit, method, sample size."""
    return {
        "element": measure.element,
        "measure": measure.measure,
        "value": measure.value,
        "unit": measure.unit,
        "method": measure.method,
        "sampleSize": measure.sample_size,
    }


def _links(contract: Contract, base_url: str) -> list[Document]:
    collection = f"{base_url}/collections/{contract.id}"
    return [
        {"rel": "collection", "type": "application/json", "href": collection, "title": contract.title.zh},
        {"rel": "items", "type": "application/geo+json", "href": f"{collection}/items", "title": "要素"},
        {
            "rel": "describedby",
            "type": "application/schema+json",
            "href": f"{collection}/schema",
            "title": "要素结构",
        },
        {"rel": "describedby", "type": "application/json", "href": f"{collection}/quality", "title": "质量"},
        {"rel": "provenance", "type": "application/json", "href": f"{collection}/lineage", "title": "沿袭"},
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

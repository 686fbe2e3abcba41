"""Print: what is offered, and a sheet."""

from __future__ import annotations

from api.openapi.parts import INSTANT, Document, Family, Situation, get
from api.print_request import IMAGES, KINDS, LAYERS_MOST, TEXT_MOST
from tiles.print.model import SCALE_LEAST, SCALE_MOST, Orientation, Paper

TAG = "print"
_REFUSED = ("400", "401", "403", "404", "408", "413", "415", "422", "429", "503")


def family(situation: Situation) -> Family:
    """The routes of ``api.printing``."""
    sheet: Document = {
        "operationId": "print",
        "tags": [TAG],
        "summary": "出图:严格比例尺的矢量 PDF a sheet to exact scale as vector PDF",
        "parameters": [{"$ref": "#/components/parameters/lang"}],
        "requestBody": {
            "required": True,
            "content": {KINDS[0]: {"schema": {"$ref": "#/components/schemas/printRequest"}}},
        },
        "responses": {
            "200": {
                "description": "图幅 the sheet",
                "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
            },
            **{code: {"$ref": "#/components/responses/Problem"} for code in _REFUSED},
        },
    }
    paths: Document = {
        "/print": get("printOffer", TAG, "图幅与比例尺 papers, scales, limits", ["f", "lang"])
        | {"post": sheet}
    }
    ids = [layer.id for layer in situation.layers if layer.contract.legend.kind != "none"]
    return Family(TAG, paths, {}, {"printRequest": _request(ids)})


def _request(ids: list[str]) -> Document:
    id: Document = {"type": "string", **({"enum": ids} if ids else {})}
    layer = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": id, "opacity": {"type": "number", "minimum": 0, "maximum": 1}},
        "additionalProperties": False,
    }
    text = {name: {"type": "string", "maxLength": most} for name, most in TEXT_MOST.items()}
    return {
        "type": "object",
        "required": ["paper", "scale", "center"],
        "additionalProperties": False,
        "properties": {
            "paper": {"type": "string", "enum": [each.value for each in Paper]},
            "orientation": {"type": "string", "enum": [each.value for each in Orientation]},
            "scale": {"type": "integer", "minimum": SCALE_LEAST, "maximum": SCALE_MOST},
            "center": {
                "type": "array",
                "description": "经度、纬度(CGCS2000,度) longitude, latitude",
                "prefixItems": [{"type": "number"}, {"type": "number"}],
                "minItems": 2,
                "maxItems": 2,
            },
            "layers": {
                "type": "array",
                "description": "自上而下 from the topmost down",
                "maxItems": LAYERS_MOST,
                "items": {"oneOf": [id, layer]},
            },
            "datetime": INSTANT,
            "asof": INSTANT,
            "images": {"type": "string", "enum": [each.value for each in IMAGES]},
            "language": {"type": "string", "enum": ["zh", "en"]},
            "sketch": {"type": "object", "description": "GeoJSON FeatureCollection (CGCS2000)"},
            **text,
        },
    }

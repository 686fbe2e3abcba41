"""Sketches as files: reading and writing."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, query

TAG = "sketch"
_PROBLEMS = ("400", "401", "408", "413", "415", "422", "429", "503")


def family(situation: Situation) -> Family:
    """The routes of ``api.sketches``."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    collection = {"schema": {"$ref": "#/components/schemas/sketch"}}
    paths: Document = {
        "/sketch/read": _post(
            "readSketch",
            "文件读为草图 a file of any known format as GeoJSON in CGCS2000",
            ["fileName", "fileCrs", "fileLayer", "fileEncoding"],
            {"application/octet-stream": binary},
            {"application/geo+json": {"schema": {"$ref": "#/components/schemas/sketchRead"}}},
        ),
        "/sketch/write": _post(
            "writeSketch",
            "草图写成文件 a sketch in CGCS2000 as a file",
            ["sketchFormat", "sketchFrame"],
            {"application/geo+json": collection},
            {
                "application/zip": binary,
                "image/vnd.dxf": binary,
                "application/geo+json": collection,
                "text/plain": {"schema": {"type": "string"}},
            },
        ),
    }
    return Family(TAG, paths, _parameters(), _schemas())


def _parameters() -> Document:
    text = {"type": "string", "minLength": 1, "maxLength": 200}
    required = {"required": True}
    formats = {"type": "string", "enum": ["shp", "dxf", "geojson", "txt"]}
    return {
        "fileName": query("name", "文件名,含扩展名 name of the file with its ending", text) | required,
        "fileCrs": query("crs", "文件的坐标系,如 EPSG:4549 frame of the file, where it must be said", text),
        "fileLayer": query("layer", "文件中的图层 layer of the file, where it has many", text),
        "fileEncoding": query("encoding", "文件的文本编码 text encoding of the file", text),
        "sketchFormat": query("f", "格式 format", formats) | required,
        "sketchFrame": query(
            "frame",
            "本市平面或经纬度 plane of the city's zone, or degrees",
            {"type": "string", "enum": ["plane", "degrees"]},
        ),
    }


def _post(name: str, summary: str, parameters: list[str], body: Document, answer: Document) -> Document:
    return {
        "post": {
            "operationId": name,
            "tags": [TAG],
            "summary": summary,
            "parameters": [{"$ref": f"#/components/parameters/{each}"} for each in (*parameters, "lang")],
            "requestBody": {"required": True, "content": body},
            "responses": {
                "200": {"description": summary, "content": answer},
                **{code: {"$ref": "#/components/responses/Problem"} for code in _PROBLEMS},
            },
        }
    }


def _schemas() -> Document:
    feature = {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"const": "Feature"},
            "geometry": {"type": "object"},
            "properties": {"type": ["object", "null"]},
        },
    }
    collection: Document = {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"const": "FeatureCollection"},
            "features": {"type": "array", "items": feature},
        },
    }
    told = {"type": "object", "required": ["zh", "en"]}
    read = {
        "file": {"type": "string"},
        "format": {"type": "string"},
        "encoding": {"type": "string"},
        "layers": {"type": "array", "items": {"type": "string"}},
        "frame": {
            "type": "object",
            "required": ["id", "title", "assumed", "swapped", "evidence"],
            "properties": {
                "id": {"type": "string"},
                "title": told,
                "assumed": {
                    "type": "boolean",
                    "description": "文件未写明,按数值假定 the file does not say it",
                },
                "swapped": {"type": "boolean"},
                "evidence": {"type": "array", "items": told},
            },
        },
        "notes": {"type": "array", "items": told},
        "skipped": {"type": "array", "items": told},
    }
    return {
        "sketch": collection,
        "sketchRead": {
            **collection,
            "required": ["type", "features", *read],
            "properties": {**collection["properties"], **read},
        },
    }

"""Reads vector tiles byte by byte and holds them to MVT 2.1, sharing nothing with what writes them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import shapely

Value = str | int | float | bool
POINT, LINE, POLYGON = 1, 2, 3


class BadTile(AssertionError):
    """A tile that MVT 2.1 does not allow."""


@dataclass
class Feature:
    kind: int
    properties: dict[str, Value]
    geometry: shapely.Geometry
    """In steps of the grid, y downwards."""


@dataclass
class Layer:
    name: str
    extent: int
    features: list[Feature] = field(default_factory=list)

    @property
    def fids(self) -> set[str]:
        """Of those that are by themselves: what is dissolved or clustered has none."""
        return {str(each.properties["fid"]) for each in self.features if "fid" in each.properties}

    def of(self, fid: str) -> Feature:
        (found,) = (feature for feature in self.features if feature.properties.get("fid") == fid)
        return found


def read(content: bytes) -> dict[str, Layer]:
    """The layers of a tile by name, or ``BadTile``."""
    layers: dict[str, Layer] = {}
    for number, wire, value in _fields(content):
        _held(number == 3 and wire == 2, f"field {number} in a tile")
        layer = _layer(value)
        _held(layer.name not in layers, f"layer {layer.name} twice")
        layers[layer.name] = layer
    return layers


def _layer(content: bytes) -> Layer:
    name, version, extent = None, None, 4096
    keys: list[str] = []
    values: list[Value] = []
    features: list[bytes] = []
    for number, _, value in _fields(content):
        match number:
            case 15:
                version = value
            case 1:
                name = value.decode("utf-8")
            case 2:
                features.append(value)
            case 3:
                keys.append(value.decode("utf-8"))
            case 4:
                values.append(_value(value))
            case 5:
                extent = value
            case _:
                raise BadTile(f"field {number} in a layer")
    _held(version == 2, f"version {version}")
    _held(bool(name), "a layer without a name")
    _held(bool(features), "a layer without features")
    _held(len(set(keys)) == len(keys), "a key twice")
    assert name is not None
    return Layer(name, extent, [_feature(each, keys, values) for each in features])


def _feature(content: bytes, keys: list[str], values: list[Value]) -> Feature:
    kind, tags, commands = 0, [], []
    for number, _, value in _fields(content):
        match number:
            case 1:
                pass
            case 2:
                tags = list(_packed(value))
            case 3:
                kind = value
            case 4:
                commands = list(_packed(value))
            case _:
                raise BadTile(f"field {number} in a feature")
    _held(kind in (POINT, LINE, POLYGON), f"geometry type {kind}")
    _held(len(tags) % 2 == 0, "tags are not in pairs")
    properties: dict[str, Value] = {}
    for key, value in zip(tags[::2], tags[1::2], strict=True):
        _held(key < len(keys) and value < len(values), "a tag beyond keys or values")
        _held(keys[key] not in properties, "a key twice in a feature")
        properties[keys[key]] = values[value]
    parts = list(_parts(commands, kind))
    _held(bool(parts), "a feature without geometry")
    return Feature(kind, properties, _geometry(kind, parts))


def _parts(commands: list[int], kind: int) -> Iterator[list[tuple[int, int]]]:
    """The point sequences that the commands draw."""
    at, x, y = 0, 0, 0
    part: list[tuple[int, int]] = []
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        _held(count > 0, "a command without a count")
        if command == 7:
            _held(kind == POLYGON and count == 1, "ClosePath out of place")
            _held(len(part) >= 3, "a ring of fewer than three points")
            yield part
            part = []
            continue
        _held(command in (1, 2), f"command {command}")
        if command == 1:
            _held(kind == POINT or count == 1, "MoveTo of more than one")
            _held(kind != POLYGON or not part, "a ring that is not closed")
            if part and kind == LINE:
                yield part
                part = []
        else:
            _held(kind != POINT and bool(part), "LineTo out of place")
        for _ in range(count):
            dx, dy = _signed(commands[at]), _signed(commands[at + 1])
            at += 2
            _held(command == 1 or dx != 0 or dy != 0, "a LineTo of no length")
            x, y = x + dx, y + dy
            part.append((x, y))
    _held(kind != POLYGON or not part, "a ring that is not closed")
    if part:
        yield part


def _geometry(kind: int, parts: list[list[tuple[int, int]]]) -> shapely.Geometry:
    if kind == POINT:
        return shapely.MultiPoint(parts[0])
    if kind == LINE:
        for part in parts:
            _held(len(part) >= 2, "a line of one point")
        return shapely.MultiLineString(parts)
    polygons: list[tuple[list[tuple[int, int]], list[list[tuple[int, int]]]]] = []
    for ring in parts:
        area = _area(ring)
        _held(area != 0, "a ring without area")
        if area > 0:  # outer: clockwise on a screen, whose y goes down
            polygons.append((ring, []))
        else:
            _held(bool(polygons), "an inner ring before an outer one")
            polygons[-1][1].append(ring)
    shape = shapely.MultiPolygon(polygons)
    _held(shape.is_valid, f"a polygon that is not valid: {shapely.is_valid_reason(shape)}")
    return shape


def _area(ring: list[tuple[int, int]]) -> int:
    """Twice the signed area (surveyor's formula, as the specification has it)."""
    following = [*ring[1:], ring[0]]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, following, strict=True))


def _value(content: bytes) -> Value:
    found = list(_fields(content))
    _held(len(found) == 1, "a value that is not one value")
    number, _, value = found[0]
    match number:
        case 1:
            return str(value.decode("utf-8"))
        case 2:
            return float(struct.unpack("<f", value)[0])
        case 3:
            return float(struct.unpack("<d", value)[0])
        case 4:
            return int(value) - (1 << 64) if value >= 1 << 63 else int(value)
        case 5:
            return int(value)
        case 6:
            return _signed(value)
        case 7:
            return bool(value)
    raise BadTile(f"value of kind {number}")


def _fields(content: bytes) -> Iterator[tuple[int, int, object]]:  # type: ignore[misc]
    """Number, wire type and content of each field of a message."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(content, at)
            yield number, wire, value
            continue
        if wire == 2:
            length, at = _varint(content, at)
        else:
            _held(wire in (1, 5), f"wire type {wire}")
            length = 8 if wire == 1 else 4
        _held(at + length <= len(content), "a field beyond the end")
        yield number, wire, content[at : at + length]
        at += length


def _packed(content: bytes) -> Iterator[int]:
    at = 0
    while at < len(content):
        value, at = _varint(content, at)
        yield value


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        _held(at < len(content) and shift < 70, "a number beyond the end")
        byte = content[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _held(true: bool, what: str) -> None:
    if not true:
        raise BadTile(what)

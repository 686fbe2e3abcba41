"""What a value rests on 输入: states of layers, regions, and their digests. Frozen data."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import orjson
import shapely

from planning.indicators.overlay import Floats, Plane, Shapes
from spatial.history.model import FeatureTable

WHOLE = "city"
"""The whole of every layer, without a cut."""
SURE_DEG = 0.0002
"""Some 20 m: what lies that far inside in degrees lies inside in the plane, too."""
_PIECE_M = 100.0


@dataclass(frozen=True, slots=True)
class LayerState:
    """A layer as it was believed after one of its changesets."""

    layer: str
    changeset: int
    recorded_at: datetime
    chain_hash: str
    """Of that changeset, hexadecimal: it seals all of the layer's history up to there."""
    table: FeatureTable = field(repr=False, compare=False)

    def to_json(self) -> dict[str, object]:
        """As values and runs keep it."""
        return {
            "layer": self.layer,
            "changeset": self.changeset,
            "recorded_at": self.recorded_at.isoformat(),
            "chain_hash": self.chain_hash,
        }


@dataclass(frozen=True, slots=True)
class Region:
    """Where is measured 区域: all that layers hold, or a polygon."""

    id: str
    title: str
    sha256: str
    """Of the WKB of the polygon; of nothing for the whole."""
    shape: shapely.Geometry | None = field(default=None, repr=False, compare=False)
    """In the plane of the city."""
    outline_4490: bytes | None = field(default=None, repr=False, compare=False)
    """Its WKB in degrees, edges densified."""
    sure_4490: bytes | None = field(default=None, repr=False, compare=False)
    """What is certainly inside."""
    near_4490: bytes | None = field(default=None, repr=False, compare=False)
    """What is possibly inside."""
    rests_on: LayerState | None = None
    """The layer it comes from."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Features in arrays, in order of identity."""

    fids: np.ndarray[tuple[int], np.dtype[np.object_]]
    shapes_4490: Shapes
    values: Floats


def whole_city(title: str = "全市") -> Region:
    """Every layer whole: what it holds is not cut at any outline."""
    return Region(WHOLE, title, hashlib.sha256(b"").hexdigest())


def region_of(
    id: str, title: str, shape_4490: shapely.Geometry, plane: Plane, rests_on: LayerState | None = None
) -> Region:
    """A region from its polygon in degrees, whose edges are straight in the plane."""
    wkb = shapely.to_wkb(shapely.normalize(shape_4490), output_dimension=2, byte_order=1)
    one = np.array([shape_4490], dtype=object)
    placed = plane.placed(one)[0]
    dense = plane.degrees(np.array([shapely.segmentize(placed, _PIECE_M)], dtype=object))[0]
    return Region(
        id,
        title,
        hashlib.sha256(wkb).hexdigest(),
        placed,
        shapely.to_wkb(dense),
        shapely.to_wkb(shapely.buffer(dense, -SURE_DEG)),
        shapely.to_wkb(shapely.buffer(dense, SURE_DEG)),
        rests_on,
    )


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON of a value."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def told(states: Sequence[LayerState]) -> list[dict[str, object]]:
    """States in order of layer."""
    return [state.to_json() for state in sorted(states, key=lambda each: each.layer)]

"""Sketches as files 草图的导入导出: what is drawn comes from any known format and goes into some.

Nothing is stored: a file becomes GeoJSON, GeoJSON becomes a file, each in a
process behind fences and within limits.
"""

from __future__ import annotations

from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Title
from spatial.exchange.sandbox import Limits

FILE_BYTES = 8 << 20
"""Size of a file that becomes a sketch, and of a sketch that becomes a file."""
LIMITS = Limits(
    cpu_s=10,
    wall_s=20.0,
    file_bytes=FILE_BYTES,
    unpacked_bytes=64 << 20,
    members=200,
    table_bytes=32 << 20,
    rows=2000,
    columns=100,
    vertices=50_000,
)
VERTICES = 100_000
"""Vertices of a sketch."""
NAME, NOTE, COLOR = "name", "note", "color"
FIELDS = (
    Field(NAME, FieldType.TEXT, Title("名称", "Name")),
    Field(NOTE, FieldType.TEXT, Title("备注", "Note")),
    Field(COLOR, FieldType.TEXT, Title("颜色", "Colour")),
)


def contract_of(part: str, geometry: str) -> Contract:
    """A sketch as the writers of formats see it; ``part`` tells its points, lines and areas apart."""
    return Contract(
        id=f"sketch-{part}" if part else "sketch",
        title=Title("草图", "Sketch"),
        description=Title("图上绘制的草图", "drawn over the map"),
        steward="",
        source_standard="",
        geometry=geometry,
        key=NAME,
        valid_time=Title("绘制时", "when drawn"),
        fields=FIELDS,
        legend=Legend("none", "#8a1f5c"),
    )

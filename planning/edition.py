"""One state of a planning layer in columns 图层状态: features by their code, shapes as WKB, attributes typed.

Rows stand in the order of their codes and every code once, so two states are the same
where their columns are, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from planning.errors import BadEdition

if TYPE_CHECKING:
    import pyarrow as pa

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Shapes = NDArray[np.object_]

KEY: Final = "bsm"
"""标识码, by which features of two states are found in each other."""
GEOMETRY: Final = "geom"
"""Shapes in CGCS2000 (EPSG:4490, x = longitude), little-endian WKB."""


@dataclass(frozen=True, slots=True)
class Edition:
    """Rows of a layer: the code, its attributes, and the shape where it has one."""

    table: pa.Table
    """Columns :data:`KEY`, attributes, :data:`GEOMETRY`; in the order of the codes."""

    @staticmethod
    def of(keys: Any, attributes: Mapping[str, Any], shapes: Any = None) -> Edition:
        """From columns; ``shapes`` are geometries or WKB, None for a layer without.

        Raises BadEdition where a code is missing or stands twice.

        >>> Edition.of(["b", "a"], {"dlbm": ["0101", "0702"]}).keys.to_pylist()
        ['a', 'b']
        """
        import pyarrow as pa

        columns = {KEY: _array(keys, pa.string())}
        columns |= {name: _array(values) for name, values in attributes.items()}
        if shapes is not None:
            columns[GEOMETRY] = pa.array(_wkb(shapes), pa.large_binary())
        return Edition.from_table(pa.table(columns))

    @staticmethod
    def from_table(table: pa.Table) -> Edition:
        """From a table with the columns of an edition in any order of rows."""
        import pyarrow.compute as pc

        keys = table.column(KEY)
        if keys.null_count:
            raise BadEdition(
                f"有要素缺少标识码,请补全后重做,行数:{keys.null_count}",
                f"features lack a code; give each one; rows: {keys.null_count}",
                value=keys.null_count,
            )
        order = pc.sort_indices(keys).to_numpy()
        if not np.array_equal(order, np.arange(len(order))):
            table = table.take(order)
        table = table.combine_chunks()
        keys = table.column(KEY)
        if len(table) > 1:
            same = pc.equal(keys.slice(0, len(table) - 1), keys.slice(1)).to_numpy()
            if same.any():
                found = keys.take(np.flatnonzero(same)[:5]).to_pylist()
                raise BadEdition(
                    f"标识码重复 {int(same.sum())} 处,请先改正:{'、'.join(found)}",
                    f"{int(same.sum())} codes stand twice; mend them first: {', '.join(found)}",
                    value=found,
                )
        return Edition(table)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def keys(self) -> pa.Array:
        """Codes, ascending."""
        return column(self.table, KEY)

    @property
    def has_shapes(self) -> bool:
        """Whether the layer has geometry."""
        return GEOMETRY in self.table.column_names

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the attributes, without code and shape."""
        return tuple(name for name in self.table.column_names if name not in (KEY, GEOMETRY))

    def column(self, name: str) -> pa.Array:
        """One column as one array."""
        return column(self.table, name)

    def shapes(self) -> Shapes:
        """Geometries in degrees; None where a feature has none."""
        return np.asarray(
            shapely.from_wkb(self.column(GEOMETRY).to_numpy(zero_copy_only=False)), dtype=object
        )

    def take(self, rows: Ints) -> Edition:
        """These rows, which ascend."""
        return Edition(self.table.take(rows).combine_chunks())

    def without(self, names: Sequence[str]) -> Edition:
        """The same without some attributes."""
        return Edition(self.table.drop_columns([name for name in names if name in self.attributes]))

    def identical(self, other: Edition) -> bool:
        """Whether both are the same bit for bit: codes, types, values, shapes."""
        if self.table.schema.names != other.table.schema.names or len(self) != len(other):
            return False
        if self.table.schema.types != other.table.schema.types:
            return False
        names = self.table.column_names
        return not any(differs(self.column(name), other.column(name)).any() for name in names)


def together(*editions: Edition) -> pa.Table:
    """Their rows one after the other."""
    import pyarrow as pa

    return pa.concat_tables([each.table for each in editions]).combine_chunks()


def differs(left: pa.Array, right: pa.Array) -> Flags:
    """Where two columns differ in any bit: NaN is NaN, minus zero is not zero, nothing is nothing.

    >>> import pyarrow as pa
    >>> differs(pa.array([0.0, None, float("nan")]), pa.array([-0.0, None, float("nan")])).tolist()
    [True, False, False]
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_float64(left.type):
        left, right = left.view(pa.int64()), right.view(pa.int64())
    unlike = pc.coalesce(pc.not_equal(left, right), pc.xor(pc.is_null(left), pc.is_null(right)))
    return np.asarray(unlike.to_numpy(zero_copy_only=False), dtype=np.bool_)


def column(table: pa.Table, name: str) -> pa.Array:
    """A column of a table as one array."""
    found = table.column(name)
    return found.chunk(0) if found.num_chunks == 1 else found.combine_chunks()


def _array(values: Any, kind: Any = None) -> Any:
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return values if kind is None or values.type == kind else values.cast(kind)
    found = pa.array(values, kind)
    return found.cast(pa.string()) if pa.types.is_null(found.type) else found


def _wkb(shapes: Any) -> Any:
    array = np.asarray(shapes, dtype=object)
    known = [each for each in array[:1] if each is not None]
    if known and isinstance(known[0], bytes):
        return array
    return shapely.to_wkb(array, byte_order=1, include_srid=False)

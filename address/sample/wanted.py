"""What the sample register must hold so that well-known hard lines have something to find 必有地名.

Names of places, roads and estates here stand for nothing on the ground: where they lie
in the sample, and that 595号 or 2299号 is there, is generated 合成.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ROADS: Final = {
    "圣城街": ("合成路-0006", (595,)),
    "金光西街": ("合成路-0008", (2299,)),
    "渤海路": ("合成路-0009", ()),
    "菜都路": ("合成路-0017", (188,)),
    "银海路": ("合成路-0018", (3,)),
    "农圣街": ("合成路-0048", ()),
    "金光街": ("合成路-0057", ()),
}
"""Name → road of the map, and numbers that it has."""
HARBOUR_TOWN: Final = "370783115000"
HARBOUR_ROAD: Final = "渔港路"


@dataclass(frozen=True, slots=True)
class Estate:
    """An estate that must be there, with buildings that it must have."""

    name: str
    village: str
    """Code of the village or community in which it lies."""
    buildings: tuple[str, ...] = ()
    """Beside numbered ones: C座, 10号厅."""
    numbers: tuple[int, ...] = ()
    units: int = 0
    floors: int = 0
    sections: tuple[str, ...] = ()
    rooms: str = "numbered"
    """``numbered``: 501室; ``sided``: 4层西户."""
    street_door: tuple[str, int] | None = None
    """Road and number of its gate: the auxiliary address."""
    alias: str | None = None


ESTATES: Final = (
    Estate("商务小区", "370783001048", numbers=(1, 2, 3), units=2, floors=5),
    Estate("全福元花园小区", "370783001069", numbers=(1, 2, 12), units=3, floors=11, alias="全福元花园"),
    Estate(
        "豪源丽景",
        "370783001049",
        buildings=("A座", "B座", "C座"),
        units=1,
        floors=16,
        street_door=("金光西街", 2299),
    ),
    Estate(
        "仓圣小区", "370783001057", numbers=(1, 2, 12), units=3, floors=5, rooms="sided", alias="仓圣社区"
    ),
    Estate("防水产业园", "370783104", numbers=(1, 2, 3, 4, 5, 6, 7), sections=("A区", "B区")),
    Estate("寿光蔬菜高科技示范园", "370783005", buildings=tuple(f"{n}号厅" for n in range(1, 13))),
)
"""A code shorter than a village's stands for a village of that town by its seat."""

VILLAGES: Final = (
    "370783003215",
    "370783005303",
    "370783006232",
    "370783112225",
    "370783004235",
    "370783108220",
    "370783400205",
    "370783100220",
    "370783001057",
    "370783001069",
)
"""Villages that have doors in every sample, however small."""
VILLAGE_DOORS: Final = {"370783003215": ((123, -1),), "370783004235": ((188, -1), (188, 1), (188, 2))}
"""Code → number and 附号 of doors that must be there."""

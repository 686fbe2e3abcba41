"""Stream order 河流级别 after Strahler: two of one order make the next."""

from __future__ import annotations

from water.network.graph import Network


def strahler(network: Network) -> dict[str, int]:
    """Order of each reach by its id; the arms of a split keep the order of what they come from.

    Reaches closed now count, too: the order is of the bed, not of today's water.
    """
    found: dict[int, int] = {}
    for number in range(len(network.reaches)):
        above = [found.get(reach, 1) for reach in network.entering(int(network.tail[number]))]
        highest = max(above, default=1)
        found[number] = highest + 1 if above.count(highest) > 1 else highest
    return {network.reaches[number].id: order for number, order in found.items()}

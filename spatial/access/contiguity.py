"""How large the connected piece is that cells of a plane grid make up 连片面积. Pure counting."""

from __future__ import annotations

from collections.abc import Set

Cell = tuple[int, int]
_AROUND = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0)]


def largest_piece(cells: Set[Cell], through: Set[Cell]) -> int:
    """Cells of the largest connected piece that some cell of ``through`` lies in.

    Cells touch by an edge or a corner: the stricter reading, as a path one cell
    wide keeps pieces apart and a shared corner does not.

    >>> largest_piece({(0, 0), (1, 1), (5, 5)}, {(0, 0), (5, 5)})
    2
    """
    left = set(cells)
    largest = 0
    for start in through:
        if start not in left:
            continue
        left.remove(start)
        edge, size = [start], 1
        while edge:
            x, y = edge.pop()
            for dx, dy in _AROUND:
                beside = (x + dx, y + dy)
                if beside in left:
                    left.remove(beside)
                    edge.append(beside)
                    size += 1
        largest = max(largest, size)
    return largest

"""Compiled loops of the grid: what lies on its sample points, and the outlines of what does.

Whole numbers throughout: a shift of the window shifts the result and changes
nothing else.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def burn(x, y, ring_ends, shape_ends, labels, origin_x, origin_y, step, grid):  # type: ignore[no-untyped-def]
    """Label the cells whose sample points lie in each shape, later shapes over earlier ones.

    ``x``, ``y``: vertices of closed rings in units. ``origin``: the sample point
    of the first cell. A point on a left or upper edge lies within, by even and odd.
    """
    rows, columns = grid.shape
    inside = np.zeros((rows, columns + 1), np.uint8)
    first_ring, first_vertex = 0, 0
    for shape in range(len(shape_ends)):
        top, bottom, left = rows, -1, columns
        vertex = first_vertex
        for ring in range(first_ring, shape_ends[shape]):
            for at in range(vertex, ring_ends[ring] - 1):
                x1, y1, x2, y2 = x[at], y[at], x[at + 1], y[at + 1]
                if y1 == y2:
                    continue
                if y1 > y2:
                    x1, y1, x2, y2 = x2, y2, x1, y1
                start = max(0, -((origin_y - y1) // step))
                end = min(rows, -((origin_y - y2) // step))
                rise = y2 - y1
                for row in range(start, end):
                    along = (x1 - origin_x) * rise + (origin_y + row * step - y1) * (x2 - x1)
                    column = -((-along) // (step * rise))
                    if column >= columns:
                        continue
                    column = max(column, 0)
                    inside[row, column] ^= 1
                    left = min(left, column)
                    top = min(top, row)
                    bottom = max(bottom, row)
            vertex = ring_ends[ring]
        for row in range(top, bottom + 1):
            within = np.uint8(0)
            for column in range(left, columns):
                within ^= inside[row, column]
                inside[row, column] = 0
                if within:
                    grid[row, column] = labels[shape]
        first_ring, first_vertex = shape_ends[shape], vertex


@njit(cache=True, nogil=True)
def coarsen(grid, block, most):  # type: ignore[no-untyped-def]
    """Make each block coarser, by halves, until its outlines have no more corners than ``most``."""
    rows, columns = grid.shape
    kept = np.empty((block, block), grid.dtype)
    for top in range(0, rows, block):
        for left in range(0, columns, block):
            kept[:] = grid[top : top + block, left : left + block]
            factor = 1
            while factor < block and _corners(grid, top, left, block) > most:
                factor *= 2
                for row in range(block):
                    from_row = row // factor * factor + factor // 2
                    for column in range(block):
                        from_column = column // factor * factor + factor // 2
                        grid[top + row, left + column] = kept[from_row, from_column]


@njit(cache=True, nogil=True)
def _corners(grid, top, left, block):  # type: ignore[no-untyped-def]
    """Corners of outlines within a block, each as often as outlines pass it."""
    number = 0
    for row in range(top + 1, top + block):
        for column in range(left + 1, left + block):
            degree, straight = _meeting(
                grid[row - 1, column - 1], grid[row - 1, column], grid[row, column - 1], grid[row, column]
            )
            if degree > 2:
                number += degree
            elif degree == 2 and not straight:
                number += 1  # two of a stair are drawn as one
    return number


@njit(cache=True, nogil=True, inline="always")
def _meeting(nw, ne, sw, se):  # type: ignore[no-untyped-def]
    """How many outlines meet where four cells do, and whether two go straight on."""
    north, south, west, east = nw != ne, sw != se, nw != sw, ne != se
    return int(north) + int(south) + int(west) + int(east), (north and south) or (west and east)


@njit(cache=True, nogil=True)
def components(grid):  # type: ignore[no-untyped-def]
    """A number for each patch of cells that meet along edges and have one label; 0 where there is none."""
    rows, columns = grid.shape
    found = np.zeros((rows, columns), np.int32)
    stack = np.empty(rows * columns, np.int32)
    number = 0
    for row in range(rows):
        for column in range(columns):
            if grid[row, column] == 0 or found[row, column] != 0:
                continue
            number += 1
            label = grid[row, column]
            found[row, column] = number
            stack[0] = row * columns + column
            height = 1
            while height:
                height -= 1
                r, c = divmod(stack[height], columns)
                for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                    r2, c2 = r + dr, c + dc
                    if 0 <= r2 < rows and 0 <= c2 < columns and grid[r2, c2] == label and found[r2, c2] == 0:
                        found[r2, c2] = number
                        stack[height] = r2 * columns + c2
                        height += 1
    return found


@njit(cache=True, nogil=True)
def trace(grid, patches, anchors):  # type: ignore[no-untyped-def]
    """The outlines of all patches, in half cells, the patch on the right hand.

    A stair of single steps is drawn through the middles of its risers; other
    corners, the nodes where more than two labels meet, and the vertices on
    ``anchors`` (lines of the grid) stay. Points in the middle of a straight line
    are left out, nodes excepted.
    Gives: points (n, 2) as x, y; ends of rings; the patch of each; whether it is an outer one.
    """
    rows, columns = grid.shape
    edge = np.zeros(max(rows, columns) + 1, np.bool_)
    edge[anchors] = True
    seen = np.zeros((rows, columns), np.bool_)
    points = np.empty((1024, 2), np.int32)
    ends = np.empty(256, np.int64)
    of_patch = np.empty(256, np.int32)
    outer = np.empty(256, np.bool_)
    number, rings = 0, 0
    path = np.empty((256, 4), np.int32)
    line = np.empty((512, 3), np.int32)
    for row in range(rows):
        for column in range(columns):
            patch = patches[row, column]
            if patch == 0 or seen[row, column] or (row > 0 and patches[row - 1, column] == patch):
                continue
            path, length = _walk(patches, seen, row, column, path)
            twice_area = 0
            for at in range(length):
                after = (at + 1) % length
                twice_area += path[at, 1] * path[after, 0] - path[after, 1] * path[at, 0]
            _judge(grid, edge, path, length)
            if len(line) < 2 * length:
                line = np.empty((4 * length, 3), np.int32)
            held = _line(path, length, line)
            while number + held > len(points):
                points = _longer(points)
            for at in range(held):
                x, y, fixed = line[at]
                x0, y0, _ = line[at - 1 if at else held - 1]
                x1, y1, _ = line[(at + 1) % held]
                if not fixed and (x - x0) * (y1 - y) == (y - y0) * (x1 - x):
                    continue
                points[number, 0], points[number, 1] = x, y
                number += 1
            if rings == len(ends):
                ends, of_patch, outer = _more(ends), _more(of_patch), _more(outer)
            ends[rings], of_patch[rings], outer[rings] = number, patch, twice_area > 0
            rings += 1
    return points[:number], ends[:rings], of_patch[:rings], outer[:rings]


@njit(cache=True, nogil=True)
def _walk(patches, seen, row, column, path):  # type: ignore[no-untyped-def]
    """Around a patch from the upper edge of a cell: rows and columns of the vertices, what follows them."""
    rows, columns = patches.shape
    patch = patches[row, column]
    r, c, way = row, column, 0  # 0 east, 1 south, 2 west, 3 north
    length = 0
    while True:
        if way == 0:
            if seen[r, c]:
                break
            seen[r, c] = True
        if length == len(path):
            path = _longer(path)
        path[length, 0], path[length, 1], path[length, 2] = r, c, way
        length += 1
        r += (way == 1) - (way == 3)
        c += (way == 0) - (way == 2)
        # The two cells ahead: on the right hand and on the left.
        if way == 0:
            right_r, right_c, left_r, left_c = r, c, r - 1, c
        elif way == 1:
            right_r, right_c, left_r, left_c = r, c - 1, r, c
        elif way == 2:
            right_r, right_c, left_r, left_c = r - 1, c - 1, r, c - 1
        else:
            right_r, right_c, left_r, left_c = r - 1, c, r - 1, c - 1
        right = 0 <= right_r < rows and 0 <= right_c < columns and patches[right_r, right_c] == patch
        left = 0 <= left_r < rows and 0 <= left_c < columns and patches[left_r, left_c] == patch
        # Where a patch meets itself at a corner, two outlines touch there: one that crossed itself were none.
        if left:
            way = (way + 3) % 4
        elif not right:
            way = (way + 1) % 4
    return path, length


@njit(cache=True, nogil=True)
def _judge(grid, edge, path, length):  # type: ignore[no-untyped-def]
    """Of each vertex: 2 a node, 1 on an anchor, 0 passed straight, 3 a turn to the right, 4 to the left."""
    rows, columns = grid.shape
    for at in range(length):
        r, c = path[at, 0], path[at, 1]
        nw = grid[r - 1, c - 1] if r > 0 and c > 0 else -1
        ne = grid[r - 1, c] if r > 0 and c < columns else -1
        sw = grid[r, c - 1] if r < rows and c > 0 else -1
        se = grid[r, c] if r < rows and c < columns else -1
        degree, _ = _meeting(nw, ne, sw, se)
        turn = (path[at, 2] - path[at - 1 if at else length - 1, 2]) % 4
        if degree > 2:
            path[at, 3] = 2
        elif edge[r] or edge[c]:
            path[at, 3] = 1
        else:
            path[at, 3] = 0 if turn == 0 else 3 if turn == 1 else 4


@njit(cache=True, nogil=True)
def _line(path, length, line):  # type: ignore[no-untyped-def]
    """The points that are drawn, in half cells, and whether each must stay."""
    held = 0
    for at in range(length):
        after = (at + 1) % length
        before = at - 1 if at else length - 1
        kind = path[at, 3]
        riser = kind + path[after, 3] == 7
        if kind == 2 or kind == 1 or (kind > 2 and not riser and kind + path[before, 3] != 7):
            line[held, 0], line[held, 1], line[held, 2] = 2 * path[at, 1], 2 * path[at, 0], kind == 2
            held += 1
        if riser:
            line[held, 0] = path[at, 1] + path[after, 1]
            line[held, 1] = path[at, 0] + path[after, 0]
            line[held, 2] = 0
            held += 1
    return held


@njit(cache=True, nogil=True)
def _longer(held):  # type: ignore[no-untyped-def]
    longer = np.empty((2 * len(held), held.shape[1]), held.dtype)
    longer[: len(held)] = held
    return longer


@njit(cache=True, nogil=True)
def _more(held):  # type: ignore[no-untyped-def]
    more = np.empty(2 * len(held), held.dtype)
    more[: len(held)] = held
    return more

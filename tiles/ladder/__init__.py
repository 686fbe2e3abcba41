"""The ladder of far tiles 综合分级: dissolved areas and clusters of points.

What a tile holds is told place by place. A grid lies over all the ground of a
matrix set; a cell of it is what lies on its sample point, so it depends on the
features there and on nothing else. Outlines follow the cells by a rule that
looks a step ahead and a step back, and pass the edges of tiles at the corners
of cells. So neighbours agree at their edge, nothing overlaps, no gap opens, and
a tile can be made anew from what touches it alone.
"""

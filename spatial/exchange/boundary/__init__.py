"""Boundary points 界址点 as text: the form in which project land is surveyed and handed in.

``[属性描述]`` says datum, zone and unit; ``[地块坐标]`` lists parcels, each headed
by a line that ends in ``@``, then its points ring by ring: mark of the point,
number of the ring, X (north), Y (east). The form is known from files in use; its
regulation was not at hand. What varies between such files is told by the
numbers themselves (see ``reader``).
"""

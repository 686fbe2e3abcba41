"""Hydraulics 水力学: two schemes on one grid, structures on its edges, and a quick map; pure numerics."""

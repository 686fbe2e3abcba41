"""Images and surface models 影像与表面模型: cut once into the grid of each matrix set, served as pictures.

A catalogued file stays where it is. From it comes one cloud-optimised GeoTIFF
for each matrix set, whose blocks are tiles: a picture is read, never warped.
"""

"""STAC API 1.0 (STAC 1.1) over the catalogue of images and point clouds 航飞成果目录.

The doors in ``door``, what they say in ``documents``; ``flights`` makes flights of catalogued files,
``search`` chooses among them, ``original`` hands out the files themselves.
"""

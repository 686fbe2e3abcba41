"""The formats features are given in 输出格式: which one is asked for, and a module for each but pages.

GeoJSON and HTML, which come in pages, are in :mod:`api.features`. The others are
for bulk 批量: without ``limit`` they hold all that matches, of one snapshot,
and are sent as they are read.
"""

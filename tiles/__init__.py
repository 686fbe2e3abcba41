"""Tiles of any layer at any instant 瓦片: cut from the history, in the city's own frames.

Knows layers, not domains: what a layer is comes from its contract.
"""

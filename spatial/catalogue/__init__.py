"""Layers as contracts 图层契约, and what is derived from them."""

"""The city's assets 资产: what is installed, through its life, and what it reaches.

Each kind is a layer of its own, by contract (``spatial/assets/layers``); they share the fields of
life and upkeep (``spatial/assets/fields``), and here is what can be said of all of them.
"""

"""The difference of two versions 变化: areas by class, moved in and out; A + difference = B."""

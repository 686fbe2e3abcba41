"""Fonts of the platform's own 字体: a glyph for every character, in slices loaded as they are needed.

The slices cover whatever Debian's fonts can draw, not the characters that happen to be
in the data: whoever reads the list of files learns nothing of layers that are hidden.
Only what is shown to everybody anyway decides which characters travel together first.
"""

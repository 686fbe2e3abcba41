"""Print 出图: a sheet to exact scale in the city's own Gauss–Krüger zone, as a vector PDF.

Drawn from the database's own geometry at the instants asked for, never from
tiles. ``store`` reads, ``press`` draws in a process of its own, ``pdf`` and
``lettering`` write the file: no library on PyPI with a permissive licence embeds
CFF outlines of Chinese fonts, and a page needs no more of PDF than a few hundred
lines say.
"""

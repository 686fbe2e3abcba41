"""Lists of a department 名单批量: read as they come, matched row by row, given back with what was found."""

from address.batch.columns import chosen
from address.batch.listing import FORMATS, Listing, opened
from address.batch.matching import Matcher
from address.batch.output import MEDIA_TYPES, Sheet
from address.batch.parsing import PARSED, Reading
from address.batch.parts import Parts, Totals

__all__ = [
    "FORMATS",
    "MEDIA_TYPES",
    "PARSED",
    "Listing",
    "Matcher",
    "Parts",
    "Reading",
    "Sheet",
    "Totals",
    "chosen",
    "opened",
]

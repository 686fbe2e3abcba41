"""DXF 图形交换: drawings with layers, blocks and attributes, and without any reference frame.

Features go out with their fields as extended data under the application name
``ONEMAP``, and come back by it; foreign drawings carry theirs in the attributes
of blocks.
"""

APPLICATION = "ONEMAP"
FID = "fid"
"""Name of the entry that ties the parts of one feature together."""

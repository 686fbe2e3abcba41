"""Headers of files that are catalogued and not loaded 只登记不入库: GeoTIFF/COG and LAS/LAZ.

Pixels and points stay where they are. What the headers say is read by our own
short readers in the sandbox, through one open handle: no library follows a name
in them, and no overview, mask or table beside the file is opened.
"""

"""KML and KMZ: read by our own reader, as it is XML from strangers, and written by our own writer."""

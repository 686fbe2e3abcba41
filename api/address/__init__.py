"""The doors of the address service 地名地址接口: geocoding, reading of texts, façades of other services."""

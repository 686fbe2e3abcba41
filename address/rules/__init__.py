"""The register's judgements 规则: numbers, codes, names, life, checks; no input or output.

What a city decides for itself comes as :class:`address.rules.charter.Charter`, read from
``assets/rules.toml`` or the city's own file in its place.
"""

"""Indicators 指标: definitions as data, formulas evaluated over any region, version and date."""

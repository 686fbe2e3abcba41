"""Monitoring of the rivers 监测: stations on the observation store, thresholds, rating curves, exchange."""

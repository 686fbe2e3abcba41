"""Entities of OGC SensorThings API 1.1 (18-088): what they are, how they are asked for and written."""

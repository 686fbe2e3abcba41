"""Observations 观测: what the city measures, and how it arrives."""

"""Forecast 预报: calibration, grading by GB/T 22482, ensembles, and records that are never changed."""

"""Hydrology 水文学: rain to runoff, runoff to the outlet, through reaches and reservoirs; pure numerics."""

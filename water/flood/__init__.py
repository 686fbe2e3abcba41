"""Rehearsal of floods 预演: scenarios, their runs and what they leave, for maps, lists and plans."""

"""Warnings 预警: declared rules, hysteresis, a life that is kept, who took note, and what came of it."""

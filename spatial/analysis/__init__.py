"""What the city's systems ask first 空间分析: what lies where, how near, how much of it, what between.

Each is a pure function over what one statement read; the processes over them are in ``spatial.jobs``.
"""

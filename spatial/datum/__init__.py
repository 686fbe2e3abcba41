"""The unified datum 统一时空基准: frames, moves between them, heights, legal area, time."""

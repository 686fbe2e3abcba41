"""Cameras along the rivers 河道视频: the register, snapshots by schedule, and their way into the archive."""

"""The processes of cameras 视频处理."""

from water.cameras.processes.taking import CAMERAS_OFFERED

__all__ = ["CAMERAS_OFFERED"]

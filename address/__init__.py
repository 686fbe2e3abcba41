"""The standard address service 标准地名地址管理服务: register, engine, and what both offer."""

from typing import Final

FOLDER: Final = "address"
"""Below the data directory: the register as a file, and the lock of whoever builds it."""

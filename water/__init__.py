"""The digital rivers 数字弥河、数字丹河: network, works, archive, monitoring."""

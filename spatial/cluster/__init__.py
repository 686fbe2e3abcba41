"""The private PostGIS cluster 私有数据库 of a first run, and what any server must offer."""

from spatial.cluster.cluster import Cluster, disk_full, throwaway
from spatial.cluster.store import require_database

__all__ = ["Cluster", "disk_full", "require_database", "throwaway"]

"""Files in and out 数据汇交: detection, checks, loading, export."""

"""What planning offers as OGC API Processes 处理."""

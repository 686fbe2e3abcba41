"""Station servers 接收服务: SL 651 over TCP and UDP, HJ 212 over TCP."""

"""Rain and discharge of the sample rivers 样例水文资料: generated, stamped 合成数据."""

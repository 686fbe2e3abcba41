"""Grid codes 网格编码 and map sheets 图幅: Beidou, GeoSOT, GB/T 13989."""

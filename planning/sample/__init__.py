"""The planning part of the sample city 样例规划数据: parcels, control layers, plans; 合成数据."""

"""The sample rivers 样例河网 合成数据: what joins what comes from sources, every course is generated."""

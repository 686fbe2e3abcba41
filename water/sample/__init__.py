"""The sample rivers 样例河网 合成数据: names and order along the rivers are real, every course is generated."""

"""HJ 212-2017 污染物在线监控(监测)系统数据传输标准: packets of environment stations.

Facts that were not checked against the printed standard are marked 待核 where they are used.
"""

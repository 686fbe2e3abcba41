"""SL 651-2014 水文监测数据通信规约: codec of the HEX/BCD and the ASCII form.

Facts that were not checked against the printed standard are marked 待核 where they are used.
"""

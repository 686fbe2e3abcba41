"""VCT 3.0 矢量数据交换格式 (GB/T 17798): a text of blocks, each closed by its ``…End``.

The text of the standard was not at hand. Blocks, line objects, signed line
numbers and the head's keys are as practitioners' files have them; what is our
reading is told in ``docs/exchange.md``, and where the numbers can contradict it
(do the lines of a ring join, does the ring close, does an object lie in the
city) they are asked.
"""

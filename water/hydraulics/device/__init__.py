"""Hydraulics on a graphics processor 显卡, through numba-cuda: the same functions, a cell a thread."""

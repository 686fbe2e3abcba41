"""Beidou grid codes 北斗网格位置码, GB/T 39409-2020: plane, space, reference and short codes."""

from spatial.grid.beidou.arrays import Blocks, Cells, encode_blocks, encode_many
from spatial.grid.beidou.block import Block
from spatial.grid.beidou.block import decode as decode_block
from spatial.grid.beidou.block import encode as encode_block
from spatial.grid.beidou.cell import Cell, covering, decode, encode
from spatial.grid.beidou.levels import LEVELS, Level
from spatial.grid.beidou.reference import refer, resolve, shorten

__all__ = [
    "LEVELS",
    "Block",
    "Blocks",
    "Cell",
    "Cells",
    "Level",
    "covering",
    "decode",
    "decode_block",
    "encode",
    "encode_block",
    "encode_blocks",
    "encode_many",
    "refer",
    "resolve",
    "shorten",
]

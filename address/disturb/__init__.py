"""Addresses as people write them 干扰样本: a register's addresses with known truth, disturbed from a seed.

What is made here measures and calibrates the engine; nothing of it is a rule of the
engine. Every query tells the address that is meant, or that none is 合成数据.
"""

from address.disturb.kinds import KINDS, Disturbance
from address.disturb.negatives import NEGATIVES
from address.disturb.queries import Query, Split, digest, hard_queries, noisy_queries
from address.disturb.writing import Register

__all__ = [
    "KINDS",
    "NEGATIVES",
    "Disturbance",
    "Query",
    "Register",
    "Split",
    "digest",
    "hard_queries",
    "noisy_queries",
]

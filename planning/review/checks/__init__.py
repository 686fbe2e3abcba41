"""The twelve groups of checks 十二组检查, one module a group or two; each gives outcomes of a subject."""

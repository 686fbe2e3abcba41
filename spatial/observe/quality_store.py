"""stub"""


def assess_staged(connection, at): ...

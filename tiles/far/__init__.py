"""The store of far tiles 远景瓦片库: the generalised tiles of each layer, kept as the layer changes.

A far tile reads thousands of features, so it is made once and kept. Each is
kept by the state of its layer: the newest changeset, and the valid instant that
stands for now. When a layer reaches a new state, only the tiles are made anew
in which something has changed; every earlier state that was kept stays readable.
What is kept equals, byte for byte, what is cut from the history at that state.
"""

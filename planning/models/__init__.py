"""Models 模型: declared inputs, parameters and outputs; runs that can be made again from their digests."""

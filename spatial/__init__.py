"""The ground of One Map 一张图: datum, grid codes, history, catalogue, exchange."""

VERSION = "0.1.0"

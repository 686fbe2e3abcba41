"""The doors of publications 公示与意见征询的接口: looking, commenting, handling."""

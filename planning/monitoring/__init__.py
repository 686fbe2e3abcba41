"""Limits watched on each change 监测预警, and the alerts they raise."""

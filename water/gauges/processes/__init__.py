"""The processes of monitoring 监测处理: stations, curves, thresholds, discharge, tables of SL 323."""

from water.gauges.processes.gauging import GAUGES

__all__ = ["GAUGES"]

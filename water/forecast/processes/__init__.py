"""The processes of forecasting 预报处理: calibrate and grade a model, forecast with it."""

from water.forecast.processes.forecasting import FORECASTS

__all__ = ["FORECASTS"]

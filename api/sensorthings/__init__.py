"""The doors of OGC SensorThings API 1.1 (18-088) 物联网感知接口."""

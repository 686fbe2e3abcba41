"""The doors of the rivers 河流: claims, works, defects, gauges."""

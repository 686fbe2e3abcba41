"""The city's observations 观测: what is installed, what it measures, every value it ever gave."""

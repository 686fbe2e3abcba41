"""The MQTT extension of SensorThings (18-088, clause 14): create by publishing, and subscribe."""

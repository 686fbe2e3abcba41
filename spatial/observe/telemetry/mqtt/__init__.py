"""MQTT: topic and payload templates per device type, and what becomes of a message."""

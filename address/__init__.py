"""The standard address service 标准地名地址管理服务: register, engine, and what both offer."""

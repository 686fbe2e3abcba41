"""Who may see and do what 访问控制, and the audit of what they did."""

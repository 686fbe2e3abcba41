"""Access 访问控制: who asks, what they may see and do. The doors find out who; the rules decide."""

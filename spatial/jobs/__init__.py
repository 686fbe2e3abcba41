"""Jobs 任务: durable work with progress, cancel and results, over a queue in the database."""

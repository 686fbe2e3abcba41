"""Looking back 复盘: what was known and decided at an instant, and what came of it."""

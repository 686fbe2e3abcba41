"""Publication of plans for comment 公示与意见征询: what is shown, for how long, and what people say of it."""

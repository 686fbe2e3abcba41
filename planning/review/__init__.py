"""Review of plan results 成果质检: twelve groups of checks over a delivery, and what it reports."""

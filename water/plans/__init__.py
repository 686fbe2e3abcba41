"""Response plans 应急预案: versions that never change, what triggers them, who is told what and when."""

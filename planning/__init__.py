"""The territorial planning one map 国土空间规划一张图: plans, use control, review, change."""

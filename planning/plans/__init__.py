"""Plans, versions and amendments through their life 规划成果全周期."""

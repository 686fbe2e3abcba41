"""Flights over the rivers 航飞: what two surface models say of the ground along a river."""

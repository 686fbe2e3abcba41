"""What happens to warnings and response plans 水情事件, in the one order in which it can be followed."""

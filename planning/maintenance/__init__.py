"""The yearly maintenance package 动态维护 (WHQ, WHH, WHC)."""

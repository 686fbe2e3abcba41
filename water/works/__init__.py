"""The city's water works 水利工程: what they are, what is claimed of them and by whom, what is amiss."""

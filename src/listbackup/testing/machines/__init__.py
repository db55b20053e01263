"""State machines: a port and a plain dict, told the same things."""

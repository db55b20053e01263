"""The objects port and what keeps it: see ``port.py``."""

"""The events port and what keeps it: see ``port.py``."""

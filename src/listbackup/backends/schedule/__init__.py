"""The schedule port and what keeps it: see ``port.py``."""

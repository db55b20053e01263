"""The queue port and what keeps it: see ``port.py``."""

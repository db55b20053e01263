"""The identity port and what keeps it: see ``port.py``."""

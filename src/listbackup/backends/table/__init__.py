"""The table port and what keeps it: see ``port.py``."""

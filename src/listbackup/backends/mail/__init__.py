"""The mail port and what stands on it: see ``port.py``."""

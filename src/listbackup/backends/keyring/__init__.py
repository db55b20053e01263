"""The keyring port and what keeps it: see ``port.py``."""

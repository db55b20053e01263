"""The secrets port and what keeps it: see ``port.py``."""

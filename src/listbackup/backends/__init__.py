"""The ground: one folder per port, ``port.py`` with the contract and one file per technology that keeps it."""

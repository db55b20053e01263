"""Connectors: our code for a platform. ``engine`` reads and writes by declared facts; each other folder is one platform."""

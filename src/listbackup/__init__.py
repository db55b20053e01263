"""ListBackup: independent, encrypted, point-in-time copies of the data that companies hold in SaaS platforms."""

__version__ = "0.1.0"

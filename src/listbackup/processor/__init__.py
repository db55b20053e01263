"""One run: backup, restore, export, maintain."""

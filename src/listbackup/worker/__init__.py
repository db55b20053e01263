"""The process that runs what is due and what is queued."""

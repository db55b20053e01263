"""Stands in for a built function: templates are tested without building any."""

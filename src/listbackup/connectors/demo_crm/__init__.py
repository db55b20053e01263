"""The simulated CRM."""

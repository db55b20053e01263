"""The stacks of a deployment: names, settings, what every function may do, and one module for each stack."""

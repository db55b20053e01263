"""Chooses the ground and builds one System."""

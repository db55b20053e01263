"""One suite per port; every adapter and decorator passes it."""

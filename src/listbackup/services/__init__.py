"""The control plane: rooms in a row."""

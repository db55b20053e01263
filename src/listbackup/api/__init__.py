"""The HTTP API: the rooms' routes behind one door (the ``server`` extra)."""

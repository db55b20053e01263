"""SIGKILL at any moment: a child does real work on a real folder, is killed without warning, and the parent opens what is left.

``python -m listbackup.testing.kill9 --kills 1000 --seed 1`` prints one JSON line; its exit code is 0 only if nothing was lost.
"""

"""Snapshots: a world as plain data, and back."""

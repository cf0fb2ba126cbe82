"""A world as plain data, and back."""

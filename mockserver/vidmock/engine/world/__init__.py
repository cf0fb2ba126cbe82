"""A world: everything that belongs to one API key."""

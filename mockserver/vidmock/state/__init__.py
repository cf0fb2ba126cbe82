"""State that outlives the process: what the worlds of a server hold, kept by an engine that exists."""

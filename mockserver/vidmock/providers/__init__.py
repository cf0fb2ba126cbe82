"""The wire formats of four providers: each is a dialect, and all of them use the same engine."""

"""Faults: what can go wrong, by name, and the rules that say when it does."""

"""Faults: the effects that can go wrong, by name, and the rules that say when they do."""

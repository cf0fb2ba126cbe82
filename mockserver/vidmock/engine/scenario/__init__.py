"""Scenarios: files that set up a world so that an incident can be reproduced."""

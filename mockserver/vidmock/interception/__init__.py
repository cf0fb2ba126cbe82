"""Leads unmodified programs to the mock: environment variables, and modules that load before the program's own."""

"""The mock from a Python program's side: servers, handles on what happened, assertions, virtual time."""

"""What leads unmodified programs here: variables, and what is loaded before their own code."""

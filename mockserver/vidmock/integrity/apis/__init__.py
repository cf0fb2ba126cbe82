"""The providers' HTTP, as the checker's clients use it: a module for each."""

"""Eachlabs' prediction API: invalid input is refused with 400; polls show results and failures."""

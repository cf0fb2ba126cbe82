"""The contract kit: cases that a client of these providers must survive, the runs that try them, and the verdicts."""

"""The contract kit: what it asks of a client, and what it puts a client through. It speaks to a mock over HTTP only."""

"""The contract kit: the interface of a client under test, and what runs and observes it, against a mock by HTTP."""

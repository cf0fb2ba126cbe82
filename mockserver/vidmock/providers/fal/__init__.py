"""fal's queue and synchronous API: the queue accepts any input, and the result has the errors of an invalid one."""

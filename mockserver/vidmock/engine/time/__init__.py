"""The clock that everything in a world reads, and lengths of time as people write them."""

"""One request and its answer, as far as they are the same for every provider."""

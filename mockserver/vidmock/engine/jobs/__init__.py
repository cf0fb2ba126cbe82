"""Jobs: what each is, when it changes, what it makes and what it costs."""

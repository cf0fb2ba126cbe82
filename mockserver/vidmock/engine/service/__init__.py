"""What the providers call: submit, find, wait, cancel, retry."""

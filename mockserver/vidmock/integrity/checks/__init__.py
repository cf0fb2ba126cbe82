"""What must hold: each module is one kind of promise, as functions from what was seen to what is wrong with it."""

"""Virtual time: what clients in this process sleep passes on the clock of the mock."""

"""Virtual time: clients in this process sleep on the mock's clock, and so take no real time."""

"""The engine: jobs, time, money, faults and deliveries of any provider. Nothing here knows a wire format."""

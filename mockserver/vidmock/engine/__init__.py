"""Jobs, time, money and deliveries, for any provider: nothing here knows a wire format."""

"""Webhook deliveries: what is sent, how often it is tried, and what a fault makes of it."""

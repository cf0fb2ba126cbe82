"""fal's platform API (api.fal.ai/v1): the catalogue, prices, usage and the balance of an account.

Every route, parameter and field is from fal's published OpenAPI document "Platform APIs" v1, as of 2026-08-21.
"""

"""The models: which there are, what they take, what it costs and what comes out.

The package itself imports none of its modules: what is known of a file needs no models.
"""

"""An integrity checker: many clients use a server at once, under faults, and what they saw is compared with its books.

``python -m vidmock.integrity http://127.0.0.1:8787``. It knows the providers' HTTP and the control API, and nothing of
how the server is made: it judges a server from outside.
"""

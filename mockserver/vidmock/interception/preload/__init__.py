"""A folder that comes first in the ``PYTHONPATH`` of programs that are led here; nothing in it imports vidmock."""

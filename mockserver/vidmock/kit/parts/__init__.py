"""The parts that the reference clients are built of. They are meant to be copied or used by other clients too."""

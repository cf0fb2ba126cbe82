"""The pieces that the reference clients are made of; take them over, or learn from them."""

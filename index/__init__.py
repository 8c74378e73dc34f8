"""How a passage is found."""

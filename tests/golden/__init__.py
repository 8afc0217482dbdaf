"""Golden files: outputs that stay as they are, byte by byte, until somebody means to change them."""

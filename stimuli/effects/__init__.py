"""Audio effects with declared ranges: settings from 0 to 1, the same for all who use them."""

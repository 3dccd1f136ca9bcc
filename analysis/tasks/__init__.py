"""Page types that ask something else than a rating: pairs, ABX, words and sentences."""

"""Which objective metric predicts the listeners."""

"""Speech from features and neural signals: harmonics plus noise, decoders, simulated recordings."""

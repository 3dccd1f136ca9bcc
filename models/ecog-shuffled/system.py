"""Speech from neural signals by a linear decoder and a harmonic-plus-noise synthesizer."""

from earwitness.evaluation.systems.speech.neural_speech import NeuralSpeech as System

__all__ = ["System"]

"""How the reader was made: data, training, export, calibration. Not part of the product."""

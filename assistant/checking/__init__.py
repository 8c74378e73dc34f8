"""How a written sentence is read and held against its sources; pure, without a model."""

"""The model: experts' features, connectors, ReMoH Q-Former, personal tokens, language model."""

"""Who answers: the built-in answerer or a chat model."""

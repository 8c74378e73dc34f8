"""What the documents are."""

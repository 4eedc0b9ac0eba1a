"""Training of the networks that affuse ships, repeatable by anyone."""

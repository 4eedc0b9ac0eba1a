"""How the networks that affuse ships were trained, for anyone to train them again."""

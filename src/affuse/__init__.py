"""affuse recognises emotion from face and voice together."""

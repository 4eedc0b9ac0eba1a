"""A bundle and a few labelled clips of one's own -> the same networks, decided on anew."""

"""A bundle and a few labelled clips -> the same networks, with decisions fitted to those clips."""

"""People's annotations of long recordings: tiers of labels -> labelled clips with start and end."""

"""Decision rules: a file is a rule, its name the rule's."""

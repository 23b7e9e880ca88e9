"""Exercise: what is trained, what it costs, and what weeks of it do to a person."""

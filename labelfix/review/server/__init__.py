"""The page of `labelfix review`: its server, and what a browser may ask of it."""

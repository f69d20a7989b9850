"""Methods compared on the user's own data, with the noise that was estimated put in again."""

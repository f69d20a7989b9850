"""From a user's images and labels to a judged batch, alone or against a reference."""

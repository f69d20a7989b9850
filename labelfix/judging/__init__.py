"""From what the user gave to a batch whose rows are judged, alone or against a reference."""

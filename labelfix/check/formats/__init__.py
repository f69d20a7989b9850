"""A verdict as text: for a terminal, for programs, and for the places where CI shows findings."""

"""Methods: how denoisers are trained on given labels, and how they judge labels."""

"""What every training loop has, whatever it trains."""

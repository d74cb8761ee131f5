"""What is packaged: wheels."""

"""What people prove themselves with: passwords and one-time codes."""

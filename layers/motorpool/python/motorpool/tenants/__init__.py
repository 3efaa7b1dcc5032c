"""Partners, their organizations, and their users."""

"""Pages of sign-in, language and the people who may sign in."""

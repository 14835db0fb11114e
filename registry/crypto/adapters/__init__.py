"""The cryptography as the ports of the registry see it; built by registry/services.py only."""

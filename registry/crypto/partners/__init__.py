"""Whom this node trusts: the signed trust list and the officers who sign it."""

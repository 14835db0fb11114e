"""Proofs over the audit trail: Merkle trees and signed checkpoints."""

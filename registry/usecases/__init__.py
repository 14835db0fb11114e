"""Use cases: one function per thing a person or system does; each opens a unit, audits and commits."""

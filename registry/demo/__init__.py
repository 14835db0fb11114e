"""The demo: two nodes on this machine, synthetic people, and one real story between them. For trying out
only.
"""

"""The directory of organisations and places: lists of facilities read into resources that searches find."""

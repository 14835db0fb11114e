"""Care: recording, finding and showing a person's treatment."""

"""What a study asks of each participant, and how evenly its design presents the systems."""

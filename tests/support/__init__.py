"""What several kinds of tests share: handlers that keep accounts, and random trees."""

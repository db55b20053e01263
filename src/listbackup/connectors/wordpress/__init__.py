"""WordPress, through its REST API."""

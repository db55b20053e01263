"""GNU Mailman 3, through the REST API of its core."""

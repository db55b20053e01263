"""One module a command: its arguments, what it asks the services, and how it shows the answer."""

"""The commands' house when the data is elsewhere: each room over ``listbackup.client``."""

"""Users: the people as others see them: profile, settings, and the address they are written to."""

from listbackup.services.users.model import Profile, Theme, UserSettings
from listbackup.services.users.service import Users
from listbackup.services.users.table import EMAIL_CHANGES, PROFILES

__all__ = ["EMAIL_CHANGES", "PROFILES", "Profile", "Theme", "UserSettings", "Users"]

"""Users: the people as others see them: registration, profile, settings, and the address they are written to."""

from listbackup.services.users.model import Profile, Theme, UserSettings
from listbackup.services.users.registration import Admission, Homes, Invited, Registration
from listbackup.services.users.service import Users
from listbackup.services.users.table import EMAIL_CHANGES, PROFILES, REGISTRATIONS

__all__ = [
    "EMAIL_CHANGES",
    "PROFILES",
    "REGISTRATIONS",
    "Admission",
    "Homes",
    "Invited",
    "Profile",
    "Registration",
    "Theme",
    "UserSettings",
    "Users",
]

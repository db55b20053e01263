"""Files: the attachments of records as files: listed, walked as a tree, searched, downloaded."""

from listbackup.services.files.model import File
from listbackup.services.files.service import Files

__all__ = ["File", "Files"]

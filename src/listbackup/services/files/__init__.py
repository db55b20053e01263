"""Files: the attachments of records as files: listed, walked as a tree, searched, downloaded."""

from listbackup.services.files.model import Address, File, Wanted, write_id
from listbackup.services.files.service import Files

__all__ = ["Address", "File", "Files", "Wanted", "write_id"]

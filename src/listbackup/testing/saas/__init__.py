"""A simulated CRM: a real HTTP server with contacts, companies, deals, tags, notes and documents, deterministic in a seed.

``python -m listbackup.testing.saas --port 0`` runs it as a process; ``serve(Options(...))`` runs it inside a test and hands out the truth.
"""

from listbackup.testing.saas.lies import Lie
from listbackup.testing.saas.options import Options
from listbackup.testing.saas.server import Saas, serve
from listbackup.testing.saas.world import World

__all__ = ["Lie", "Options", "Saas", "World", "serve"]

"""Any JSON API, described by a YAML file that a person brings: the same facts as in the connectors written in Python."""

from listbackup.connectors.rest.connector import RestConnector, connector, load_rest_file

__all__ = ["RestConnector", "connector", "load_rest_file"]

"""Erasures: a person, or a record, taken out of every snapshot of every source, and kept from coming back."""

from listbackup.services.erasures.model import Erasure, ErasureState, Order
from listbackup.services.erasures.service import Erasures
from listbackup.services.erasures.table import ERASURES

__all__ = ["ERASURES", "Erasure", "ErasureState", "Erasures", "Order"]

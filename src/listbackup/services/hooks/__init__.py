"""Hooks: a platform's word that something changed, signed, becomes an early run."""

from listbackup.services.hooks.model import Hook, NewHook
from listbackup.services.hooks.service import HookRooms, Hooks, forget_hook
from listbackup.services.hooks.table import HOOK_DELIVERIES, HOOKS

__all__ = ["HOOKS", "HOOK_DELIVERIES", "Hook", "HookRooms", "Hooks", "NewHook", "forget_hook"]

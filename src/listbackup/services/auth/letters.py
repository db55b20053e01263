"""The letters that auth sends. A link carries its token behind ``#``, where no server's log sees it."""

from __future__ import annotations

from listbackup.services.post import Post
from listbackup.services.rows import Writes


class Letters:
    """Each method gives the write that posts one letter."""

    def __init__(self, post: Post, *, product: str, web_url: str) -> None:
        self._post, self._product, self._web = post, product, web_url.rstrip("/")

    def verify(self, to: str, token: str, *, is_void: bool = False) -> Writes:
        """Show that the address is yours."""
        text = "Follow this link to confirm that this address is yours. It works once, within 24 hours."
        return self._link(to, "Confirm your address", text, "verify-email", token, is_void=is_void)

    def known_already(self, to: str) -> Writes:
        """Somebody registered with an address that signs in already."""
        text = "Somebody tried to register with this address, which has a sign-in already. If it was you, sign in, or reset the password."
        return self._post.write(to=to, subject=self._subject("You are registered already"), text=self._text(text, f"{self._web}/sign-in"))

    def reset(self, to: str, token: str, *, is_void: bool = False) -> Writes:
        """Choose a new password."""
        text = "Follow this link to choose a new password. It works once, within 20 minutes. If you did not ask for it, do nothing."
        return self._link(to, "Choose a new password", text, "reset-password", token, is_void=is_void)

    def change_email(self, to: str, token: str, *, new: str) -> Writes:
        """Agree that the address changes; goes to both."""
        text = f"Somebody asked to sign in with {new} from now on. Follow this link to agree; it happens when both addresses have agreed."
        return self._link(to, "Confirm your new address", text, "change-email", token)

    def notice(self, to: str, happened: str) -> Writes:
        """Something about the sign-in changed; ``happened`` is a sentence."""
        text = f"{happened} If it was not you, reset your password now: all sessions end with it."
        return self._post.write(to=to, subject=self._subject("Your sign-in changed"), text=self._text(text, f"{self._web}/forgot-password"))

    def _link(self, to: str, subject: str, text: str, page: str, token: str, *, is_void: bool = False) -> Writes:
        body = self._text(text, f"{self._web}/{page}#token={token}")
        return self._post.write(to=to, subject=self._subject(subject), text=body, is_void=is_void)

    def _subject(self, subject: str) -> str:
        return f"{self._product}: {subject[0].lower()}{subject[1:]}"

    def _text(self, text: str, link: str) -> str:
        return f"{text}\n\n{link}\n\n{self._product}\n"

"""How a file of accounts is to be read, when its looks do not say it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data.accounts import clean_accounts
from data.columns import suggest_columns
from data.geocode import Geocoder, Offline, address_table
from data.online import Cascade, Consent, Online, outlook
from data.quality import accept
from data.services import Census, Nominatim, Photon, Service
from data.settings import Settings
from data.tables import read_table
from geo.errors import InputError, Issue
from geo.frames import Accounts

SERVICES: dict[str, Callable[..., Service]] = {
    "census": Census,
    "nominatim": Nominatim,
    "photon": Photon,
}


@dataclass(frozen=True)
class Reading:
    """What the user says about a file; what is left out is found by looking.

    Parameters
    ----------
    sheet, encoding
        As `data.tables.read_table` takes them; empty to find them.
    crs, decimal, currency, day_first
        As `data.accounts.clean_accounts` takes them.
    accept
        Kinds of proposed fixes to take, as `data.quality.accept` knows them.
    """

    sheet: str = ""
    encoding: str = ""
    crs: str = ""
    decimal: str = ""
    currency: str = ""
    day_first: bool | None = None
    accept: tuple[str, ...] = ()

    def table(self, path: Path) -> pd.DataFrame:
        """Read the table of text."""
        return read_table(
            path, sheet=self.sheet or None, encoding=self.encoding or None
        )

    def clean(
        self, raw: pd.DataFrame, columns: Mapping[str, str]
    ) -> tuple[Accounts, list[Issue]]:
        """Clean the table; with fixes to accept, a second time with them."""
        accounts, issues = self._clean(raw, columns)
        if not self.accept:
            return accounts, issues
        mended = accept(raw, columns, issues, kinds=self.accept)
        return self._clean(mended, columns)

    def _clean(
        self, raw: pd.DataFrame, columns: Mapping[str, str]
    ) -> tuple[Accounts, list[Issue]]:
        return clean_accounts(
            raw,
            columns,
            crs=self.crs,
            decimal=self.decimal,
            currency=self.currency,
            day_first=self.day_first,
        )


def mapped(raw: pd.DataFrame, mapping: Mapping[str, str]) -> dict[str, str]:
    """Give the suggested columns, those the user names instead of the guesses."""
    columns = suggest_columns(raw)
    for name, heading in mapping.items():
        columns = {f: h for f, h in columns.items() if h != heading} | {name: heading}
    return columns


def geocoder_of(
    word: str, accounts: Accounts, settings: Settings, *, agreed: int, actor: str
) -> Geocoder:
    """Give the geocoder a user asks for by a word; the offline one stands behind it.

    Parameters
    ----------
    word
        "offline", "census", "nominatim", "photon", or one of these and the address of
        an own server: "nominatim=https://maps.example.org".
    accounts
        Those to place; only the ones without coordinates would be sent.
    agreed
        How many addresses may be sent.
    actor
        Who agreed.

    Raises
    ------
    InputError
        The word is unknown, asking servers is switched off, the server is not on the
        list, or more addresses would be sent than were agreed to.
    """
    if word in ("", "offline"):
        return Offline()
    lost = (accounts.geometry.isna() | accounts.geometry.is_empty).to_numpy(bool)
    told = outlook(address_table(accounts[lost]), service_of(word), answers(settings))
    asked = online_of(word, settings, Consent(told.origin, agreed, actor))
    if told.to_send > agreed:
        fix = f"Agree to it with --agree {told.to_send}"
        raise InputError(told.sentence, where=told.service, fix=fix)
    return Cascade(asked, Offline())


def online_of(
    word: str,
    settings: Settings,
    consent: Consent,
    report: Callable[[int, int], bool] = lambda _done, _total: False,
) -> Online:
    """Give a service that may be asked, see `data.online.Online`.

    Raises
    ------
    InputError
        The word is unknown, asking servers is switched off, or the server is not on the
        list.
    """
    service = service_of(word)
    if not settings.allow_online:
        what, fix = "Asking servers is switched off", "Set BAILIWICK_ALLOW_ONLINE=yes"
        raise InputError(what, where=service.name, fix=fix)
    return Online(
        service, consent, answers(settings), allowed=settings.geocoders, report=report
    )


def answers(settings: Settings) -> Path:
    """Give the file that keeps what services have answered."""
    return settings.cache / "answers.sqlite"


def service_of(word: str) -> Service:
    """Give the service a word names: "census", "photon=https://maps.example.org".

    Raises
    ------
    InputError
        It names none.
    """
    name, _, base = word.partition("=")
    if name not in SERVICES:
        fix = "Use offline, " + ", ".join(SERVICES)
        raise InputError(f"'{name}' is no geocoder", fix=fix)
    made = SERVICES[name]
    return made(base=base.rstrip("/")) if base else made()

"""Placing accounts by their street address: asked of a service, after a yes."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from data.online import Consent
from data.reading import online_of
from data.settings import Settings
from data.sharpen import coarse, seen, sharpen
from geo.errors import TerritoryError
from geo.frames import Accounts
from sales.workload import workload
from ui import state, words
from ui.intake import Upload
from ui.jobs import Job, Report
from ui.session import ACTOR

SERVICE_WORDS = {
    "census": "US Census Bureau: streets of the US, free",
    "nominatim": "Nominatim: OpenStreetMap, one address a second",
    "photon": "Photon: OpenStreetMap, one address a second",
}
"""Geocoder's word -> what it is called on screen."""


def panel(upload: Upload, accounts: Accounts) -> None:
    """Offer to place what only its ZIP or town places, and say what would be sent."""
    n = int(coarse(accounts).sum())
    if upload.job_id:
        _work()
        return
    if not n:
        st.markdown("Every account with a street is placed by it.")
        return
    st.markdown(
        f"{words.accounts(n)} with a street are placed only by ZIP, town or state."
    )
    settings = state.settings()
    if not settings.allow_online:
        st.caption(
            "A service can place them by street. Asking one is switched off on this "
            "machine: set BAILIWICK_ALLOW_ONLINE=yes and start again."
        )
        return
    word = st.selectbox(
        "Ask", services(settings), format_func=said, key="online_service", width=420
    )
    told = seen(accounts, word, settings)
    known = f" {words.count(told.cached)} are known already." if told.cached else ""
    st.markdown(words.escaped(f"{told.sentence}.{known}"))
    label = f"Send {words.count(told.to_send)} addresses"
    if st.button(label if told.to_send else "Use the answers", key="online_send"):
        consent = Consent(told.origin, told.to_send, ACTOR)
        job_id = state.worker().submit(work, accounts, word, settings, consent)
        state.set_upload(replace(upload, job_id=job_id))
        st.rerun()


def services(settings: Settings) -> list[str]:
    """Give the words of the services that may be asked, own servers first."""
    kinds = ("nominatim", "photon")
    own = [f"{kind}={origin}" for origin in settings.geocoders for kind in kinds]
    return [*own, *SERVICE_WORDS]


def said(word: str) -> str:
    """Give what a service is called on screen."""
    kind, _, own = word.partition("=")
    return f"{kind.capitalize()} at {own}" if own else SERVICE_WORDS[word]


def work(
    report: Report, accounts: Accounts, word: str, settings: Settings, consent: Consent
) -> Accounts:
    """Ask, in the worker; a cancelled run keeps what was answered."""
    service = online_of(word, settings, consent, lambda *done: report(done))
    return workload(sharpen(accounts, service))


def taken_in(upload: Upload, job: Job) -> Upload:
    """Give the upload with the places that were found.

    Raises
    ------
    TerritoryError
        The service did not answer; the upload is as it was.
    """
    if job.result is None and job.message:
        raise TerritoryError(job.message.rstrip("."))
    accounts = upload.accounts if job.result is None else job.result
    return replace(upload, accounts=accounts, job_id="")


@st.fragment(run_every=0.5)
def _work() -> None:
    """Show how many addresses are done, and Cancel; go on when the run has ended."""
    upload = state.upload()
    if upload is None or not upload.job_id:
        return
    job = state.worker().look(upload.job_id)
    if job.ended:
        state.set_upload(replace(upload, job_id=""))
        with state.noticing():
            state.set_upload(taken_in(upload, job))
        st.rerun()
    done, total = job.progress or (0, 0)
    text = f"{words.count(done)} of {words.count(total)} addresses asked for"
    st.progress(done / total if total else 0.0, text=text if total else "Starting")
    st.button(
        "Cancel",
        key="online_cancel",
        on_click=state.worker().cancel,
        args=(upload.job_id,),
    )

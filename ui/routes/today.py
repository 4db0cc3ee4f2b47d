"""Today: the stops in order with their arrivals, the map, and the day to take along."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from data import logs
from data.logs import DayChoice
from routing.order import legs_lines
from sales.due import due_days
from ui import state, tour_map, words
from ui.routes import check, day, roads, take
from ui.routes.day import DayPlan
from ui.routes.ground import ground_of
from ui.routes.who import Who, clock, who_of
from ui.session import Session

MAP_PX = 520
LISTED = 400
SAID = "routes_said"
WIDTHS = (1.35, 1.0)

SKIP, DROP, PIN, UNPIN = "Skip today", "Drop", "Pin its place", "Unpin"
UP, DOWN = "Move up", "Move down"

SOURCES = {
    day.CALENDAR: "From your calendar.",
    day.DUE: "No calendar yet: due accounts near each other that fit the day.",
    day.OWN: "As you have set it.",
}


def show(session: Session, rep_id: str, date: dt.date) -> None:
    """Show a rep's day."""
    who = who_of(session, rep_id)
    plan = current(session, who, date)
    with st.container(key="today_sentence", gap="xxsmall"):
        st.subheader(words.escaped(day.summary(plan)), anchor=False)
        said = day.driving(plan)
        said = f"{said[0].upper()}{said[1:]}. {SOURCES[plan.source]}"
        st.markdown(words.escaped(said))
    _said()
    for sentence in day.infeasible(plan):
        st.warning(words.escaped(sentence), icon=":material/schedule:")
    left, right = st.columns(WIDTHS, gap="medium")
    with left:
        _map(session, plan)
        roads.line(session, who)
    with right:
        _stops(session, plan)
        _skipped(session, plan)
        _change(session, plan)
        take.panel(plan)
    check.panel(session, who, date)


def current(session: Session, who: Who, date: dt.date) -> DayPlan:
    """Give the day as it is; what is proposed is worked out once."""
    study = session.ground.entry.study_id
    kept = logs.load_day(session.home, study, who.rep_id, date)
    if kept is not None:
        return day.day_plan(session, who, date)
    key = (session.plan.plan_id, session.rev, who.rep_id, date, who.engine.name)
    held: tuple[object, DayPlan] | None = state.asked("routes_day")
    if held is None or held[0] != key or day.has_calendar(session, who):
        held = (key, day.day_plan(session, who, date))
        state.keep("routes_day", held)
    return held[1]


def _said() -> None:
    said = state.asked(SAID, "")
    if said:
        with st.container(key="routes_said_line"):
            st.markdown(f":material/update: {words.escaped(said)}.")


def _map(session: Session, plan: DayPlan) -> None:
    tour = plan.tour
    rows = plan.who.accounts
    marks = [
        tour_map.Mark(
            label=str(n + 1),
            lon=float(rows.geometry.at[i].x),
            lat=float(rows.geometry.at[i].y),
            name=str(rows["name"].at[i]),
            detail=f"{plan.who.about}{clock(tour.arrive_s[n])}",
        )
        for n, i in enumerate(tour.stop_ids)
    ]
    marks += [
        tour_map.Mark(
            label="-",
            lon=float(rows.geometry.at[i].x),
            lat=float(rows.geometry.at[i].y),
            name=str(rows["name"].at[i]),
            detail="skipped today",
            muted=True,
        )
        for i in plan.choice.skipped
    ]
    tour_map.tour_map(
        ground_of(session, plan),
        routes=legs_lines(tour, plan.who.engine),
        marks=marks,
        homes=list(dict.fromkeys([plan.who.begin, plan.who.finish])),
        estimated=plan.who.engine.estimated,
        key="today",
        height=MAP_PX,
    )


def _stops(session: Session, plan: DayPlan) -> None:
    """List the stops, each with its arrival and what can be done with it."""
    tour = plan.tour
    with st.container(key="today_list", gap="xsmall"):
        if plan.who.woken:
            woken = words.escaped(plan.who.called(plan.who.woken))
            st.markdown(f":gray[:material/hotel: from the night near {woken}]")
        for n, stop_id in enumerate(tour.stop_ids):
            if tour.lunch_after == n and tour.lunch_at_s is not None:
                _lunch(plan, tour.lunch_at_s)
            _stop(session, plan, n, stop_id)
        n = len(tour.stop_ids)
        if n:
            if tour.lunch_after == n and tour.lunch_at_s is not None:
                _lunch(plan, tour.lunch_at_s)
            home = "home" if plan.who.home_known else "back to the middle"
            if plan.who.night:
                home = f"night near {words.escaped(plan.who.called(plan.who.night))}"
            st.markdown(
                f":material/home: **{plan.who.about}{clock(tour.back_s)}** {home}  \n"
                f":gray[{words.escaped(_leg(plan, n))}]"
            )


def _lunch(plan: DayPlan, at_s: float) -> None:
    span = day.lasting(plan.day.lunch_s)
    st.markdown(f":gray[:material/restaurant: {clock(at_s)} lunch, {span}]")


def _leg(plan: DayPlan, n: int) -> str:
    tour, about = plan.tour, plan.who.about
    return f"{about}{day.lasting(tour.leg_s[n])}, {about}{day.miles(tour.leg_m[n])}"


def _stop(session: Session, plan: DayPlan, n: int, stop_id: str) -> None:
    tour, rows = plan.tour, plan.who.accounts
    pinned = stop_id in plan.choice.pinned
    name = words.escaped(str(rows["name"].at[stop_id]))
    mark = " :material/keep:" if pinned else ""
    wait_s = float(tour.begin_s[n] - tour.arrive_s[n])
    stay = f"{_leg(plan, n)} there; visit {day.lasting(_visit_s(plan, n))}"
    if wait_s >= 60:
        why = "after lunch" if tour.lunch_after == n else "when it opens"
        stay += f" at {clock(tour.begin_s[n])}, {why}"
    with st.container(
        key=f"stop_{n}",
        horizontal=True,
        wrap=False,
        vertical_alignment="center",
        gap="small",
    ):
        st.markdown(
            f"**{n + 1}**  **{plan.who.about}{clock(tour.arrive_s[n])}** {name}{mark}"
            f"  \n:gray[{words.escaped(stay)}]",
            width="stretch",
        )
        st.menu_button(
            ":material/more_vert:",
            [SKIP, DROP, UNPIN if pinned else PIN, UP, DOWN],
            key=f"stop_menu_{stop_id}",
            type="tertiary",
            help="Skip, drop, pin or move this stop",
            on_click=_chosen,
            args=(session, plan, stop_id),
        )


def _visit_s(plan: DayPlan, n: int) -> float:
    tour = plan.tour
    return float(day.visits_s(plan.who.accounts.loc[[tour.stop_ids[n]]])[0])


def _chosen(session: Session, plan: DayPlan, stop_id: str) -> None:
    """Do what was chosen in a stop's menu."""
    asked = state.asked(f"stop_menu_{stop_id}")
    name = str(plan.who.accounts["name"].at[stop_id])
    choice = plan.choice
    done = {
        SKIP: lambda: (day.skip(choice, stop_id), f"Skipped {name}"),
        DROP: lambda: (day.drop(choice, stop_id), f"Dropped {name}"),
        PIN: lambda: (day.pin(choice, stop_id), f"Pinned {name}"),
        UNPIN: lambda: (day.pin(choice, stop_id), f"Unpinned {name}"),
        UP: lambda: (day.shift(choice, stop_id, -1), f"Moved {name} up"),
        DOWN: lambda: (day.shift(choice, stop_id, 1), f"Moved {name} down"),
    }
    if asked in done:
        changed, what = done[asked]()
        keep(session, plan, changed, what)


def keep(session: Session, plan: DayPlan, choice: DayChoice, what: str) -> None:
    """Keep a changed day on the disk and say what the change did."""
    with state.noticing():
        after = day.shown(plan.who, plan.date, choice, day.OWN)
        study = session.ground.entry.study_id
        logs.save_day(session.home, study, plan.who.rep_id, plan.date, choice)
        state.keep(SAID, day.effect(plan, after, what))


def _skipped(session: Session, plan: DayPlan) -> None:
    for stop_id in plan.choice.skipped:
        name = words.escaped(str(plan.who.accounts["name"].at[stop_id]))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":gray[~~{name}~~ skipped today]", width="stretch")
            st.button(
                "Put back",
                key=f"back_{stop_id}",
                type="tertiary",
                on_click=_add,
                args=(session, plan, stop_id, "Put back"),
            )


def _add(session: Session, plan: DayPlan, stop_id: str, verb: str) -> None:
    name = str(plan.who.accounts["name"].at[stop_id])
    choice = day.add(plan.who, plan.choice, stop_id)
    keep(session, plan, choice, f"{verb} {name}")


def _change(session: Session, plan: DayPlan) -> None:
    """Add a stop, put the day in order, or start over."""
    late = due_days(plan.who.accounts, plan.date)
    options = dict(list(day.could_add(plan, late).items())[:LISTED])
    key = f"today_add_{state.round_of('today_add')}"
    st.selectbox(
        "Add a stop",
        list(options),
        index=None,
        format_func=lambda i: options.get(i, i),
        key=key,
        placeholder="Add a stop: type a name",
        label_visibility="collapsed",
        on_change=_added,
        args=(session, plan, key),
    )
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Best order",
            key="today_best",
            icon=":material/route:",
            disabled=len(plan.choice.stop_ids) < 2,
            help="Put the day in the order of least driving; pinned stops stay",
            on_click=_best,
            args=(session, plan),
        )
        st.button(
            "Start over",
            key="today_over",
            type="tertiary",
            icon=":material/restart_alt:",
            disabled=plan.source != day.OWN,
            on_click=_over,
            args=(session, plan),
        )


def _added(session: Session, plan: DayPlan, key: str) -> None:
    stop_id = state.asked(key)
    state.next_round("today_add")
    if stop_id:
        _add(session, plan, str(stop_id), "Added")


def _best(session: Session, plan: DayPlan) -> None:
    with state.noticing():
        choice, left = day.in_order(plan.who, plan.choice)
        what = "Put in the best order"
        if left:
            names = [str(plan.who.accounts["name"].at[i]) for i in left]
            what += f", without {words.listed(names)}"
        keep(session, plan, choice, what)


def _over(session: Session, plan: DayPlan) -> None:
    study = session.ground.entry.study_id
    logs.forget_day(session.home, study, plan.who.rep_id, plan.date)
    state.keep(SAID, "")
    state.keep("routes_day", None)

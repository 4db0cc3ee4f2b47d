-- Plans: rows for how they are now, one event an edit with what takes it back, snapshots.

CREATE TABLE scenario (
    scenario_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE plan (
    plan_id TEXT PRIMARY KEY,
    scenario_id TEXT NOT NULL REFERENCES scenario (scenario_id),
    layer_id TEXT NOT NULL,
    name TEXT NOT NULL,
    unit_set TEXT NOT NULL,
    meta TEXT NOT NULL,
    rev INTEGER NOT NULL,
    parent_id TEXT NOT NULL,
    parent_rev INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL
);

-- place: row in the unit set, of a piece: that of the unit it was cut from.
CREATE TABLE unit (
    plan_id TEXT NOT NULL REFERENCES plan (plan_id),
    unit_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    piece BOOLEAN NOT NULL,
    code INTEGER NOT NULL,
    PRIMARY KEY (plan_id, unit_id)
);

CREATE TABLE territory (
    plan_id TEXT NOT NULL REFERENCES plan (plan_id),
    territory_id TEXT NOT NULL,
    code INTEGER NOT NULL,
    name TEXT NOT NULL,
    color TEXT NOT NULL,
    rep_id TEXT NOT NULL,
    locked BOOLEAN NOT NULL,
    goal DOUBLE PRECISION,
    PRIMARY KEY (plan_id, territory_id),
    UNIQUE (plan_id, code)
);

CREATE TABLE override (
    plan_id TEXT NOT NULL REFERENCES plan (plan_id),
    account_id TEXT NOT NULL,
    territory_id TEXT NOT NULL,
    counts BOOLEAN NOT NULL,
    PRIMARY KEY (plan_id, account_id)
);

CREATE TABLE piece (
    plan_id TEXT NOT NULL REFERENCES plan (plan_id),
    unit_id TEXT NOT NULL,
    parent TEXT NOT NULL,
    geometry BLOB NOT NULL,
    PRIMARY KEY (plan_id, unit_id)
);

CREATE TABLE unit_lock (
    plan_id TEXT NOT NULL REFERENCES plan (plan_id),
    unit_id TEXT NOT NULL,
    PRIMARY KEY (plan_id, unit_id)
);

-- role: edit, undo or redo; of_rev: the edit that is undone or redone, else its own rev.
CREATE TABLE event (
    plan_id TEXT NOT NULL REFERENCES plan (plan_id),
    rev INTEGER NOT NULL,
    edit_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    role TEXT NOT NULL,
    of_rev INTEGER NOT NULL,
    edit TEXT NOT NULL,
    inverse TEXT NOT NULL,
    touched TEXT NOT NULL,
    PRIMARY KEY (plan_id, rev),
    UNIQUE (plan_id, edit_id)
);

CREATE INDEX event_actor ON event (plan_id, actor, rev, role, of_rev);

CREATE TABLE snapshot (
    plan_id TEXT NOT NULL REFERENCES plan (plan_id),
    rev INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (plan_id, rev)
);

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- SPDX-License-Identifier: EUPL-1.2
-- Step 1: records, where they come from, how far each source is stored, agents.

-- One run of sequence numbers: an agent and its epoch.
CREATE TABLE source (
	id INTEGER PRIMARY KEY,
	agent TEXT NOT NULL,
	epoch TEXT NOT NULL,
	UNIQUE (agent, epoch)
) STRICT;

-- AUTOINCREMENT: an id never comes back, so a reader's bookmark stays right.
CREATE TABLE event (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	source INTEGER NOT NULL REFERENCES source (id),
	class INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	crc INTEGER NOT NULL,
	tenant TEXT NOT NULL,
	host TEXT,
	time_us INTEGER NOT NULL,
	received_us INTEGER NOT NULL,
	event_type TEXT,
	signature TEXT,
	category TEXT,
	gid INTEGER NOT NULL,
	sid INTEGER NOT NULL,
	severity INTEGER NOT NULL,
	src_ip TEXT,
	src_port INTEGER NOT NULL,
	dest_ip TEXT,
	dest_port INTEGER NOT NULL,
	engine TEXT,
	body TEXT NOT NULL
) STRICT;

-- What makes storing twice impossible.
CREATE UNIQUE INDEX event_key ON event (source, class, seq);
-- Reports and pages of one municipality.
CREATE INDEX event_tenant_time ON event (tenant, time_us);
CREATE INDEX event_time ON event (time_us);
-- A kind of record, newest or oldest first (the id is in every index).
CREATE INDEX event_kind ON event (event_type);

-- Everything up to seq of this source and class is stored, or declared lost.
CREATE TABLE mark (
	source INTEGER NOT NULL REFERENCES source (id),
	class INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (source, class)
) STRICT, WITHOUT ROWID;

-- Sequences that their agent declared lost: the ledger of what is missing.
CREATE TABLE gap (
	source INTEGER NOT NULL REFERENCES source (id),
	class INTEGER NOT NULL,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	received_us INTEGER NOT NULL,
	PRIMARY KEY (source, class, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE agent (
	name TEXT PRIMARY KEY,
	key TEXT NOT NULL UNIQUE,
	tenant TEXT NOT NULL,
	host TEXT NOT NULL,
	state INTEGER NOT NULL,
	first_seen_us INTEGER NOT NULL,
	last_seen_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

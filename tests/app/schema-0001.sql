BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE answers (
	id INTEGER NOT NULL, 
	session_id VARCHAR(32) NOT NULL, 
	page_id VARCHAR(64) NOT NULL, 
	field VARCHAR(64) NOT NULL, 
	value TEXT NOT NULL, 
	answered_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(session_id) REFERENCES sessions (id), 
	UNIQUE (session_id, page_id, field)
);
CREATE TABLE events (
	id INTEGER NOT NULL, 
	session_id VARCHAR(32) NOT NULL, 
	event VARCHAR(36) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	trial_number INTEGER, 
	slot_id INTEGER, 
	scale VARCHAR(64), 
	value DOUBLE, 
	client_at VARCHAR(40), 
	stored_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(session_id) REFERENCES sessions (id), 
	FOREIGN KEY(slot_id) REFERENCES slots (id), 
	UNIQUE (session_id, event)
);
CREATE TABLE invitations (
	id INTEGER NOT NULL, 
	token VARCHAR(64) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	created_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT ck_invitations_kind CHECK (kind IN ('real', 'pilot', 'simulated')), 
	UNIQUE (token)
);
CREATE TABLE participants (
	id VARCHAR(32) NOT NULL, 
	created_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "participants" VALUES('pppppppppppppppppppppppppppppppp','2026-01-01T10:00:00.000Z');
CREATE TABLE ratings (
	id INTEGER NOT NULL, 
	slot_id INTEGER NOT NULL, 
	scale VARCHAR(64) NOT NULL, 
	value INTEGER, 
	declined BOOLEAN NOT NULL, 
	sequence BIGINT NOT NULL, 
	event VARCHAR(36) NOT NULL, 
	listened_s DOUBLE NOT NULL, 
	plays INTEGER NOT NULL, 
	client_at VARCHAR(40) NOT NULL, 
	answered_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT ck_ratings_value_or_decline CHECK ((value IS NULL) = declined), 
	FOREIGN KEY(slot_id) REFERENCES slots (id), 
	UNIQUE (slot_id, scale)
);
INSERT INTO "ratings" VALUES(1,1,'clarity',4,0,1,'e1',1.5,2,'2026-01-01T10:00:00.000Z','2026-01-01T10:00:00.000Z');
INSERT INTO "ratings" VALUES(2,1,'overall',NULL,1,2,'e2',1.5,2,'2026-01-01T10:00:00.000Z','2026-01-01T10:00:00.000Z');
CREATE TABLE researcher (
	id INTEGER NOT NULL, 
	password_hash TEXT, 
	setup_sha256 VARCHAR(64), 
	PRIMARY KEY (id), 
	CONSTRAINT ck_researcher_one_row CHECK (id = 1)
);
CREATE TABLE sessions (
	id VARCHAR(32) NOT NULL, 
	token VARCHAR(64) NOT NULL, 
	participant_id VARCHAR(32) NOT NULL, 
	invitation_id INTEGER, 
	nonce VARCHAR(64), 
	study_digest VARCHAR(64) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	seed BIGINT NOT NULL, 
	language VARCHAR(35) NOT NULL, 
	level_token VARCHAR(64) NOT NULL, 
	gain_db DOUBLE, 
	consent_version TEXT, 
	consent_sha256 VARCHAR(64), 
	consented_at VARCHAR(32), 
	started_at VARCHAR(32) NOT NULL, 
	finished_at VARCHAR(32), 
	completion_code VARCHAR(32), 
	withdrawal_code VARCHAR(32), 
	PRIMARY KEY (id), 
	CONSTRAINT ck_sessions_kind CHECK (kind IN ('real', 'pilot', 'simulated')), 
	CONSTRAINT ck_sessions_code CHECK (status <> 'completed' OR completion_code IS NOT NULL), 
	CONSTRAINT ck_sessions_status CHECK (status IN ('started', 'completed', 'withdrawn')), 
	FOREIGN KEY(invitation_id) REFERENCES invitations (id), 
	FOREIGN KEY(participant_id) REFERENCES participants (id), 
	FOREIGN KEY(study_digest) REFERENCES study_versions (digest), 
	UNIQUE (completion_code), 
	UNIQUE (invitation_id), 
	UNIQUE (level_token), 
	UNIQUE (nonce), 
	UNIQUE (token), 
	UNIQUE (withdrawal_code)
);
INSERT INTO "sessions" VALUES('ssssssssssssssssssssssssssssssss','tttttttttttttttttttttt','pppppppppppppppppppppppppppppppp',NULL,NULL,'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','real','started',1,'en','llllllllllllllllllllll',NULL,NULL,NULL,NULL,'2026-01-01T10:00:00.000Z',NULL,NULL,NULL);
CREATE TABLE slots (
	id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	token VARCHAR(64) NOT NULL, 
	letter VARCHAR(1) NOT NULL, 
	stimulus VARCHAR(64) NOT NULL, 
	system VARCHAR(64) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(trial_id) REFERENCES trials (id), 
	UNIQUE (token), 
	UNIQUE (trial_id, letter)
);
INSERT INTO "slots" VALUES(1,1,'vvvvvvvvvvvvvvvvvvvvvv','A','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','cnn','model');
CREATE TABLE steps (
	id INTEGER NOT NULL, 
	session_id VARCHAR(32) NOT NULL, 
	place INTEGER NOT NULL, 
	page_id VARCHAR(64) NOT NULL, 
	presented_at VARCHAR(32), 
	done_at VARCHAR(32), 
	PRIMARY KEY (id), 
	FOREIGN KEY(session_id) REFERENCES sessions (id), 
	UNIQUE (session_id, place)
);
INSERT INTO "steps" VALUES(1,'ssssssssssssssssssssssssssssssss',0,'rating','2026-01-01T10:00:00.000Z',NULL);
CREATE TABLE study_versions (
	digest VARCHAR(64) NOT NULL, 
	study VARCHAR(64) NOT NULL, 
	version TEXT NOT NULL, 
	content TEXT NOT NULL, 
	first_served_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (digest)
);
INSERT INTO "study_versions" VALUES('dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','test-study','1','schema = 1','2026-01-01T10:00:00.000Z');
CREATE TABLE trials (
	id INTEGER NOT NULL, 
	session_id VARCHAR(32) NOT NULL, 
	step_id INTEGER NOT NULL, 
	token VARCHAR(64) NOT NULL, 
	number INTEGER NOT NULL, 
	item VARCHAR(64) NOT NULL, 
	is_training BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(session_id) REFERENCES sessions (id), 
	FOREIGN KEY(step_id) REFERENCES steps (id), 
	UNIQUE (session_id, number), 
	UNIQUE (step_id), 
	UNIQUE (token)
);
INSERT INTO "trials" VALUES(1,'ssssssssssssssssssssssssssssssss',1,'uuuuuuuuuuuuuuuuuuuuuu',1,'song-1',0);
CREATE INDEX ix_sessions_participant_id ON sessions (participant_id);
CREATE INDEX ix_sessions_study_digest ON sessions (study_digest);
CREATE INDEX ix_events_slot_id ON events (slot_id);
COMMIT;

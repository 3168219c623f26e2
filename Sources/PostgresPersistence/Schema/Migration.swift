#if PostgreSQL
    /// A change of the tables from one schema version to the next.
    ///
    /// A released migration is never changed; a later version adds another one to the list.
    struct Migration: Sendable {
        /// The schema version after the migration.
        let version: Int
        let statements: String
        /// The part of the migration that Swift code does after the statements, in the same transaction.
        var upgrade: (@Sendable (isolated Connection) throws -> Void)?

        /// All migrations, the oldest first.
        static let all = [
            Migration(
                version: 1,
                statements: """
                    CREATE TABLE typed_environments.leases (
                        name text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$'),
                        number integer GENERATED ALWAYS AS IDENTITY UNIQUE,
                        fence bigint NOT NULL DEFAULT 0,
                        backend integer,
                        holder text,
                        place text,
                        orphaned_at timestamptz
                    );
                    COMMENT ON TABLE typed_environments.leases IS
                        'One row a name for ever: its fence never goes back. holder is for people; the lock is an advisory one.';
                    CREATE TABLE typed_environments.environments (
                        name text COLLATE "C" PRIMARY KEY REFERENCES typed_environments.leases (name),
                        lineage text NOT NULL,
                        serial bigint NOT NULL CHECK (serial BETWEEN 0 AND 9007199254740992),
                        fence bigint NOT NULL,
                        state text NOT NULL,
                        document text NOT NULL
                    );
                    COMMENT ON COLUMN typed_environments.environments.document IS
                        'The bytes of a state.json, checksum included; never edit it without the program.';
                    CREATE TABLE typed_environments.backups (
                        name text COLLATE "C" NOT NULL,
                        lineage text NOT NULL,
                        serial bigint NOT NULL,
                        document text NOT NULL,
                        PRIMARY KEY (name, lineage, serial)
                    );
                    CREATE TABLE typed_environments.history (
                        name text COLLATE "C" NOT NULL,
                        lineage text NOT NULL,
                        serial bigint NOT NULL,
                        save_id text NOT NULL,
                        line text NOT NULL,
                        PRIMARY KEY (name, lineage, serial)
                    );
                    """),
            // The history becomes the log: each line contains its document, and the row of an environment is a copy of
            // the newest line.
            Migration(
                version: 2,
                statements: """
                    ALTER TABLE typed_environments.leases ADD COLUMN is_stored boolean NOT NULL DEFAULT false;
                    COMMENT ON COLUMN typed_environments.leases.is_stored IS
                        'Whether an environment was saved under the name and not removed since.';
                    ALTER TABLE typed_environments.history ADD COLUMN is_lasting boolean NOT NULL DEFAULT true;
                    COMMENT ON COLUMN typed_environments.history.line IS
                        'The log: one line a save, with its whole document. The newest line is what is stored.';
                    COMMENT ON COLUMN typed_environments.environments.document IS
                        'The newest line of the history, pretty-printed, for people and other programs.';
                    UPDATE typed_environments.history h SET name = h.name || '.earlier-' || h.lineage
                    FROM (
                        SELECT DISTINCT ON (l.name) l.name, coalesce(e.lineage, l.lineage) AS lineage
                        FROM typed_environments.history l LEFT JOIN typed_environments.environments e USING (name)
                        ORDER BY l.name, l.serial DESC
                    ) newest
                    WHERE newest.name = h.name AND newest.lineage <> h.lineage;
                    ALTER TABLE typed_environments.history DROP CONSTRAINT history_pkey;
                    ALTER TABLE typed_environments.history ADD PRIMARY KEY (name, serial);
                    UPDATE typed_environments.leases l SET is_stored = true
                    WHERE EXISTS (SELECT FROM typed_environments.environments e WHERE e.name = l.name)
                        OR EXISTS (SELECT FROM typed_environments.history h WHERE h.name = l.name);
                    """,
                upgrade: VersionOneRows.upgrade),
        ]

        /// The schema version that this module works with.
        static let newest = all.last?.version ?? 0

        /// The statements that create the schema and the table of migrations before version 1.
        static let beginning = """
            CREATE SCHEMA IF NOT EXISTS typed_environments;
            CREATE TABLE IF NOT EXISTS typed_environments.migrations (
                version integer PRIMARY KEY,
                applied_at timestamptz NOT NULL DEFAULT now()
            );
            """
    }
#endif

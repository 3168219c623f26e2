#if PostgreSQL
    /// A change of the tables from one schema version to the next.
    ///
    /// What was released is never changed; a later version adds to the list.
    struct Migration: Sendable {
        /// The version that the tables have afterwards.
        let version: Int
        let statements: String

        /// All of them, the oldest first.
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
                    """)
        ]

        /// The version that this program works with.
        static let newest = all.last?.version ?? 0

        /// Everything that is there before version 1.
        static let beginning = """
            CREATE SCHEMA IF NOT EXISTS typed_environments;
            CREATE TABLE IF NOT EXISTS typed_environments.migrations (
                version integer PRIMARY KEY,
                applied_at timestamptz NOT NULL DEFAULT now()
            );
            """
    }
#endif

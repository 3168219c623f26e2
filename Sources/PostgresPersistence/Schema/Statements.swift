#if PostgreSQL
    /// The statements that a repository runs; each is atomic on its own.
    enum Statements {
        /// What makes a session fit for leases, whatever the server's and the role's defaults are.
        ///
        /// Every session is checked: a pooler hands out sessions with a process number of its own making.
        static func session(_ serverVersion: Int) -> String {
            """
            SET client_min_messages = warning;
            SET statement_timeout = 0;
            SET idle_in_transaction_session_timeout = 0;
            SET default_transaction_isolation = 'read committed';
            SET search_path = pg_catalog;
            SET tcp_keepalives_idle = 10;
            SET tcp_keepalives_interval = 5;
            SET tcp_keepalives_count = 3;
            SET tcp_user_timeout = 25000;
            \(serverVersion >= 140_000 ? "SET idle_session_timeout = 0;" : "")
            \(serverVersion >= 170_000 ? "SET transaction_timeout = 0;" : "")
            SELECT set_config('synchronous_commit', 'on', false)
            WHERE current_setting('synchronous_commit') = 'off';
            SELECT pg_backend_pid(), current_setting('fsync'), current_setting('full_page_writes')
            """
        }

        static let version = "SELECT max(version) FROM typed_environments.migrations"

        // MARK: Reading

        static let load = "SELECT document FROM typed_environments.environments WHERE name = $1"
        static let exists = "SELECT EXISTS (SELECT FROM typed_environments.environments WHERE name = $1)"
        static let names = "SELECT name FROM typed_environments.environments ORDER BY name"
        /// The holder's record, the session it is of, and the session that holds the lock now; no row when nobody does.
        static let holder = """
            SELECT l.holder, l.backend, k.pid
            FROM typed_environments.leases l JOIN pg_locks k ON \(isLockOf("l"))
            WHERE l.name = $1
            """
        private static func isLockOf(_ lease: String) -> String {
            """
            k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
                AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND k.classid = 'typed_environments.leases'::regclass::oid AND k.objid = \(lease).number::oid
            """
        }
        static let record = "SELECT fence, holder FROM typed_environments.leases WHERE name = $1"
        static let abandoned = "SELECT holder FROM typed_environments.leases WHERE name = $1 AND holder IS NOT NULL"
        static let history = """
            SELECT h.line FROM typed_environments.history h JOIN typed_environments.environments e USING (name, lineage)
            WHERE name = $1 ORDER BY h.serial
            """
        static let documentAt = """
            SELECT document FROM typed_environments.environments WHERE name = $1 AND serial = $2::bigint
            UNION ALL
            SELECT b.document FROM typed_environments.backups b JOIN typed_environments.environments e USING (name, lineage)
            WHERE name = $1 AND b.serial = $2::bigint
            """
        static let backups = """
            SELECT b.serial, b.document
            FROM typed_environments.backups b JOIN typed_environments.environments e USING (name, lineage)
            WHERE name = $1 ORDER BY b.serial DESC
            """
        static let isKnown = "SELECT EXISTS (SELECT FROM typed_environments.leases WHERE name = $1)"
        static let newestLine = """
            SELECT line FROM typed_environments.history WHERE name = $1 AND lineage = $2 ORDER BY serial DESC LIMIT 1
            """

        // MARK: The lease

        /// The advisory lock's key of a name: the table's number in its upper half, the row's in its lower, so that no other
        /// lock of the database can be the same.
        static let lockKey = """
            SELECT ('typed_environments.leases'::regclass::oid::bigint << 32) | number
            FROM typed_environments.leases WHERE name = $1
            """
        static let addLease = "INSERT INTO typed_environments.leases (name) VALUES ($1) ON CONFLICT DO NOTHING"

        static func tryLock(_ key: Int) -> String { "SELECT pg_try_advisory_lock(\(key))" }
        static func lock(_ key: Int, timeout milliseconds: Int) -> String {
            "SET lock_timeout = \(milliseconds); SELECT pg_advisory_lock(\(key))"
        }
        static func unlock(_ key: Int) -> String { "SET lock_timeout = 0; SELECT pg_advisory_unlock(\(key))" }

        /// Whether the one before went without a word, who it was, where, and how long ago that was first seen
        /// (milliseconds).
        static let predecessor = """
            UPDATE typed_environments.leases SET orphaned_at = coalesce(orphaned_at, clock_timestamp())
            WHERE name = $1 AND holder IS NOT NULL
            RETURNING holder, place, (extract(epoch FROM clock_timestamp() - orphaned_at) * 1000)::bigint
            """
        /// Begins a lease: from here on no save of an earlier one changes anything.
        static let begin = """
            WITH lease AS (
                UPDATE typed_environments.leases
                SET fence = fence + 1, backend = $2::integer, holder = $3, place = $4, orphaned_at = NULL
                WHERE name = $1 RETURNING name, fence
            )
            SELECT l.fence, e.document, e.lineage, e.serial, hashtextextended(e.document, 0)
            FROM lease l LEFT JOIN typed_environments.environments e USING (name)
            """
        static let note = "UPDATE typed_environments.leases SET holder = $3 WHERE name = $1 AND fence = $2::bigint"
        /// Nothing is lost when a crash undoes this, so nobody waits for the disk.
        static func end(_ name: String, _ fence: Int, _ key: Int) -> String {
            """
            BEGIN; SET LOCAL synchronous_commit = off;
            UPDATE typed_environments.leases SET holder = NULL, backend = NULL, place = NULL, orphaned_at = NULL
            WHERE name = '\(name)' AND fence = \(fence); COMMIT;
            \(unlock(key))
            """
        }
        /// Takes the lease away from the session that holds it: it ends, and nothing of it can be saved any more.
        ///
        /// When it may not be ended, nothing is changed.
        static let forceRelease = """
            WITH broken AS (
                UPDATE typed_environments.leases
                SET fence = fence + 1, holder = NULL, backend = NULL, place = NULL, orphaned_at = NULL
                WHERE name = $1 AND fence = $2::bigint RETURNING number
            )
            SELECT (SELECT count(*) FROM broken),
                (SELECT count(pg_terminate_backend(k.pid)) FROM broken b JOIN pg_locks k ON \(isLockOf("b")))
            """

        // MARK: Changing, under the lease only

        /// Whoever has no lease changes no row: neither an earlier holder nor a session that a pooler put in place of ours.
        ///
        /// The row stays locked until the commit, so that the fence cannot move meanwhile.
        private static let lease = """
            WITH lease AS (
                SELECT name FROM typed_environments.leases
                WHERE name = $1 AND fence = $2::bigint AND pg_backend_pid() = $3::integer
                FOR NO KEY UPDATE
            )
            """
        private static let lineAndNotice = """
            line AS (
                INSERT INTO typed_environments.history (name, lineage, serial, save_id, line)
                SELECT name, $4, $5::bigint, $8, $9 FROM put
            )
            """
        private static let outcome = """
            SELECT hash, pg_notify('typed_environments', $1 || ' ' || $5)::text FROM put
            """
        /// $1 name, $2 fence, $3 backend, $4 lineage, $5 serial, $6 state, $7 document, $8 save id, $9 history line.
        static let create = """
            \(lease), put AS (
                INSERT INTO typed_environments.environments (name, lineage, serial, fence, state, document)
                SELECT name, $4, $5::bigint, $2::bigint, $6, $7 FROM lease
                ON CONFLICT (name) DO NOTHING RETURNING name, hashtextextended(document, 0) AS hash
            ), \(lineAndNotice)
            \(outcome)
            """
        /// As ``create``, and $10 the lineage, $11 the serial and $12 the hash of what is replaced, $13 the newest serial
        /// that is not kept as a backup any more.
        static let replace = """
            \(lease), before AS (
                SELECT e.name, e.lineage, e.serial, e.document FROM typed_environments.environments e JOIN lease USING (name)
                WHERE e.lineage = $10 AND e.serial = $11::bigint AND hashtextextended(e.document, 0) = $12::bigint
                FOR NO KEY UPDATE OF e
            ), kept AS (
                INSERT INTO typed_environments.backups (name, lineage, serial, document)
                SELECT name, lineage, serial, document FROM before
                ON CONFLICT (name, lineage, serial) DO UPDATE SET document = excluded.document
            ), put AS (
                UPDATE typed_environments.environments e
                SET lineage = $4, serial = $5::bigint, fence = $2::bigint, state = $6, document = $7
                FROM before WHERE e.name = before.name RETURNING e.name, hashtextextended(e.document, 0) AS hash
            ), pruned AS (
                DELETE FROM typed_environments.backups b USING put
                WHERE b.name = put.name AND b.serial <= $13::bigint
            ), \(lineAndNotice)
            \(outcome)
            """
        /// $1 name, $2 fence, $3 backend, $4 lineage, $5 serial, $6 state, $7 document, $8 and $9 the serials and the lines of
        /// the history, $10 and $11 the serials and the documents of the backups, each as a text array.
        static let adopt = """
            \(lease), put AS (
                INSERT INTO typed_environments.environments (name, lineage, serial, fence, state, document)
                SELECT name, $4, $5::bigint, $2::bigint, $6, $7 FROM lease
                ON CONFLICT (name) DO NOTHING RETURNING name, hashtextextended(document, 0) AS hash
            ), lines AS (
                INSERT INTO typed_environments.history (name, lineage, serial, save_id, line)
                SELECT put.name, $4, l.serial, 'adopted', l.line
                FROM put, unnest($8::bigint[], $9::text[]) AS l (serial, line)
            ), kept AS (
                INSERT INTO typed_environments.backups (name, lineage, serial, document)
                SELECT put.name, $4, b.serial, b.document
                FROM put, unnest($10::bigint[], $11::text[]) AS b (serial, document)
            )
            \(outcome)
            """
        static let delete = """
            \(lease), gone AS (
                DELETE FROM typed_environments.environments e USING lease WHERE e.name = lease.name
            ), lines AS (
                DELETE FROM typed_environments.history h USING lease WHERE h.name = lease.name
            ), documents AS (
                DELETE FROM typed_environments.backups b USING lease WHERE b.name = lease.name
            )
            SELECT name, pg_notify('typed_environments', $1 || ' 0')::text FROM lease
            """
        /// Why a save changed nothing.
        static let diagnosis = """
            SELECT l.fence, e.lineage, e.serial, hashtextextended(e.document, 0)
            FROM typed_environments.leases l LEFT JOIN typed_environments.environments e USING (name) WHERE l.name = $1
            """

        // MARK: After the connection was lost in a save

        /// Waits until the lost session has ended its save one way or the other, and keeps it from saving later.
        static let fenceOff = """
            UPDATE typed_environments.leases SET fence = fence + 1 WHERE name = $1 AND fence = $2::bigint
            """
        static let isSaved = "SELECT EXISTS (SELECT FROM typed_environments.history WHERE name = $1 AND save_id = $2)"
    }

    /// The texts as a PostgreSQL array.
    func arrayLiteral(_ texts: [String]) -> String {
        let quoted = texts.map { text in
            var quoted = "\""
            for character in text.unicodeScalars {
                if character == "\"" || character == "\\" { quoted.append("\\") }
                quoted.unicodeScalars.append(character)
            }
            return quoted + "\""
        }
        return "{\(quoted.joined(separator: ","))}"
    }
#endif

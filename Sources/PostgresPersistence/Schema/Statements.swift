#if PostgreSQL
    /// The statements that a repository runs; each is atomic on its own.
    enum Statements {
        /// Returns the statements that set up a session for leases, independent of the defaults of the server and the
        /// role.
        ///
        /// Every session is checked for a connection pooler, which returns process numbers of its own.
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

        /// The names of all environments that are stored or have remaining rows.
        static let names = """
            SELECT name FROM typed_environments.leases l
            WHERE is_stored OR EXISTS (SELECT FROM typed_environments.environments e WHERE e.name = l.name)
                OR EXISTS (SELECT FROM typed_environments.history h WHERE h.name = l.name)
            ORDER BY name
            """
        static let newestLine = """
            SELECT serial, lineage, line FROM typed_environments.history WHERE name = $1 ORDER BY serial DESC LIMIT 1
            """
        static let linesAfter = """
            SELECT serial, lineage, line FROM typed_environments.history WHERE name = $1 AND serial > $2::bigint
            ORDER BY serial LIMIT 32
            """
        static let linesBefore = """
            SELECT serial, lineage, line FROM typed_environments.history WHERE name = $1 AND serial < $2::bigint
            ORDER BY serial DESC LIMIT 32
            """
        static let newestHash = """
            SELECT serial, hashtextextended(line, 0) FROM typed_environments.history
            WHERE name = $1 ORDER BY serial DESC LIMIT 1
            """
        static let checkpoint = "SELECT document FROM typed_environments.environments WHERE name = $1"
        /// All rows of an environment, in the columns that ``FoundLog`` reads.
        static let evidence = found(
            of: """
                (SELECT n.name, l.fence, l.is_stored FROM (SELECT $1::text AS name) n
                LEFT JOIN typed_environments.leases l ON l.name = n.name)
                """)
        private static func found(of lease: String) -> String {
            """
            SELECT l.fence, l.is_stored, h.lineage, h.serial, h.line, hashtextextended(h.line, 0),
                e.lineage, e.serial, e.state, e.document, hashtextextended(e.document, 0)
            FROM \(lease) l LEFT JOIN LATERAL (
                SELECT lineage, serial, line FROM typed_environments.history h
                WHERE h.name = l.name ORDER BY serial DESC LIMIT 1
            ) h ON true LEFT JOIN typed_environments.environments e ON e.name = l.name
            """
        }
        /// The number of damaged lines that were moved to another name.
        static let setAsideCount = "SELECT count(*) FROM typed_environments.history WHERE name LIKE $1 || '.%'"
        /// The holder's record, the session that wrote it, and the session that holds the lock; no row for a free lock.
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
        // MARK: The lease

        /// The key of a name's advisory lock.
        ///
        /// Its upper half is the number of the table and its lower half that of the row, so that it differs from all
        /// other locks of the database.
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

        /// The record and the place of a holder that ended without releasing the lease, and the time since that was
        /// first seen (milliseconds).
        static let predecessor = """
            UPDATE typed_environments.leases SET orphaned_at = coalesce(orphaned_at, clock_timestamp())
            WHERE name = $1 AND holder IS NOT NULL
            RETURNING holder, place, (extract(epoch FROM clock_timestamp() - orphaned_at) * 1000)::bigint
            """
        /// Begins a lease; from then on no save of an earlier lease changes anything.
        static let begin = """
            WITH lease AS (
                UPDATE typed_environments.leases
                SET fence = fence + 1, backend = $2::integer, holder = $3, place = $4, orphaned_at = NULL
                WHERE name = $1 RETURNING name, fence, is_stored
            )
            \(found(of: "lease"))
            """
        static let note = "UPDATE typed_environments.leases SET holder = $3 WHERE name = $1 AND fence = $2::bigint"
        /// Ends a lease; a crash that undoes this loses nothing, so that the statement does not wait for the disk.
        static func end(_ name: String, _ fence: Int, _ key: Int) -> String {
            """
            BEGIN; SET LOCAL synchronous_commit = off;
            UPDATE typed_environments.leases SET holder = NULL, backend = NULL, place = NULL, orphaned_at = NULL
            WHERE name = '\(name)' AND fence = \(fence); COMMIT;
            \(unlock(key))
            """
        }
        /// Takes the lease away from the session that holds it, and ends that session, which can then save nothing
        /// more.
        ///
        /// Nothing is changed when this role may not end the session.
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

        /// The row of the lease, which is found only by its holder, not by an earlier holder or by a session that a
        /// pooler substituted.
        ///
        /// The row stays locked until the commit, so that the fence cannot change in the meantime.
        private static let lease = """
            WITH lease AS (
                SELECT name FROM typed_environments.leases
                WHERE name = $1 AND fence = $2::bigint AND pg_backend_pid() = $3::integer
                FOR NO KEY UPDATE
            )
            """
        /// Appends a line and replaces the checkpoint; changes nothing when the newest line or the checkpoint is not
        /// the one that was read last.
        ///
        /// $1 name, $2 fence, $3 backend, $4 lineage, $5 serial, $6 state, $7 document, $8 save identifier, $9 line,
        /// $10 whether the line is lasting, $11 the serial and $12 the hash of the newest line, $13 the hash of the
        /// checkpoint's document.
        static let append = """
            \(lease), newest AS (
                SELECT serial, hashtextextended(line, 0) AS hash FROM typed_environments.history
                WHERE name = $1 ORDER BY serial DESC LIMIT 1
            ), present AS (
                SELECT hashtextextended(document, 0) AS hash FROM typed_environments.environments
                WHERE name = $1 FOR NO KEY UPDATE
            ), appended AS (
                INSERT INTO typed_environments.history (name, lineage, serial, save_id, is_lasting, line)
                SELECT name, $4, $5::bigint, $8, $10::boolean, $9 FROM lease
                WHERE (SELECT serial FROM newest) IS NOT DISTINCT FROM $11::bigint
                    AND (SELECT hash FROM newest) IS NOT DISTINCT FROM $12::bigint
                    AND (SELECT hash FROM present) IS NOT DISTINCT FROM $13::bigint
                RETURNING name, hashtextextended(line, 0) AS hash
            ), put AS (
                \(put(from: "appended"))
            ), stored AS (
                UPDATE typed_environments.leases l SET is_stored = true
                FROM appended a WHERE l.name = a.name AND NOT l.is_stored
            )
            SELECT a.hash, p.hash, pg_notify('typed_environments', $1 || ' ' || $5)::text FROM appended a, put p
            """
        private static func put(from source: String) -> String {
            """
            INSERT INTO typed_environments.environments (name, lineage, serial, fence, state, document)
                SELECT name, $4, $5::bigint, $2::bigint, $6, $7 FROM \(source)
                ON CONFLICT (name) DO UPDATE SET lineage = excluded.lineage, serial = excluded.serial,
                    fence = excluded.fence, state = excluded.state, document = excluded.document
                RETURNING hashtextextended(document, 0) AS hash
            """
        }
        /// Writes the checkpoint again; the parameters are the first seven of ``append``.
        static let refresh = "\(lease) \(put(from: "lease"))"
        /// Renames the lines with a higher serial to a name that no environment can have.
        static let setAside = """
            UPDATE typed_environments.history
            SET name = name || '.damaged-' || (extract(epoch FROM clock_timestamp()) * 1000)::bigint
            WHERE name = $1 AND serial > $2::bigint
            """
        /// Copies the checkpoint to a name that no environment can have.
        static let setCheckpointAside = """
            INSERT INTO typed_environments.history (name, lineage, serial, save_id, line)
            SELECT name || '.damaged-row-' || (extract(epoch FROM clock_timestamp()) * 1000)::bigint, lineage, serial,
                'set aside', document
            FROM typed_environments.environments WHERE name = $1
            """
        /// Adds lines: $1 name, $2 to $5 the lineages, the serials, whether each is lasting, and the lines, each as a
        /// text array.
        static let addLines = """
            INSERT INTO typed_environments.history (name, lineage, serial, save_id, is_lasting, line)
            SELECT $1, l.lineage, l.serial, 'adopted', l.is_lasting, l.line
            FROM unnest($2::text[], $3::bigint[], $4::boolean[], $5::text[]) AS l (lineage, serial, is_lasting, line)
            """
        /// Removes the oldest lines beyond a size, and in the older half those that are not lasting; never the newest.
        static let prune = """
            WITH sized AS (
                SELECT serial, is_lasting, sum(pg_column_size(line)) OVER (ORDER BY serial DESC) AS size,
                    row_number() OVER (ORDER BY serial DESC) AS place
                FROM typed_environments.history WHERE name = $1
            )
            DELETE FROM typed_environments.history h USING sized s
            WHERE h.name = $1 AND h.serial = s.serial AND s.place > 1
                AND (s.size > $2::bigint OR s.size > $2::bigint / 2 AND NOT s.is_lasting)
            """
        static let delete = """
            \(lease), gone AS (
                DELETE FROM typed_environments.environments e USING lease WHERE e.name = lease.name
            ), lines AS (
                DELETE FROM typed_environments.history h USING lease
                WHERE h.name = lease.name OR h.name LIKE lease.name || '.%'
            ), stored AS (
                UPDATE typed_environments.leases l SET is_stored = false
                FROM lease WHERE l.name = lease.name AND l.is_stored
            )
            SELECT name, pg_notify('typed_environments', $1 || ' 0')::text FROM lease
            """
        /// The present fence, to find out why a save changed nothing.
        static let fence = "SELECT fence FROM typed_environments.leases WHERE name = $1"

        // MARK: After the connection was lost in a save

        /// Waits until the lost session has completed or rolled back its save, and prevents a later save by it.
        static let fenceOff = """
            UPDATE typed_environments.leases SET fence = fence + 1 WHERE name = $1 AND fence = $2::bigint
            """
        static let isSaved = "SELECT EXISTS (SELECT FROM typed_environments.history WHERE name = $1 AND save_id = $2)"
    }

    /// Returns the texts as a PostgreSQL array literal.
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

#if PostgreSQL
    import CLibPQ
    import Dispatch
    import OperatingSystem

    /// A session of a database server, with its own queue.
    ///
    /// A connection that was lost stays lost. It is never reopened silently, because the locks of its session are gone.
    @safe actor Connection {
        private let executor: QueueExecutor
        /// The connection of libpq; `nil` after it was closed.
        private var session: Session?
        private var handle: OpaquePointer? { unsafe session?.handle }
        private let server: PostgresServer
        /// The identifier of the server's process for this session.
        private(set) var backend = 0
        private(set) var serverVersion = 0
        /// Whether the schema version of the database was checked.
        private(set) var isChecked = false
        /// The notifications that were received and not returned yet.
        private var notifications: [String] = []

        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

        /// Creates a session; ``open()`` connects it.
        init(_ server: PostgresServer) {
            self.server = server
            executor = QueueExecutor(label: "postgres connection")
        }

        /// Connects to the server; settings of the connection string override the defaults below.
        func open() throws(PostgresError) {
            let settings: [(String, String)] = [
                // A client that is cut off must notice before the server does, which then releases the session's locks.
                ("keepalives_idle", "5"), ("keepalives_interval", "2"), ("keepalives_count", "3"),
                ("tcp_user_timeout", "10000"), ("connect_timeout", "5"),
                ("fallback_application_name", "typed-environments"), ("dbname", server.connectionString),
                ("client_encoding", "UTF8"),
            ]
            let opened = unsafe withCStrings(settings.map(\.0)) { keywords in
                unsafe withCStrings(settings.map(\.1)) { values in
                    unsafe PQconnectdbParams(keywords, values, 1)
                }
            }
            guard let opened = unsafe opened else {
                throw PostgresError(.unreachable, "There is no memory to connect with.")
            }
            session = unsafe Session(opened)
            guard unsafe PQstatus(opened) == CONNECTION_OK else {
                let error = unsafe PostgresError(.unreachable, message(of: opened))
                close()
                throw error
            }
            // Notices are remarks of the server for interactive users.
            unsafe PQsetNoticeReceiver(opened, { _, _ in }, nil)
            backend = Int(unsafe PQbackendPID(opened))
            serverVersion = Int(unsafe PQserverVersion(opened))
        }

        func markChecked() { isChecked = true }

        /// Closes the session.
        func close() { session = nil }

        /// Whether the session is open and in no transaction.
        var isIdle: Bool {
            guard let handle = unsafe handle else { return false }
            return unsafe PQstatus(handle) == CONNECTION_OK && PQtransactionStatus(handle) == PQTRANS_IDLE
        }

        // MARK: Statements

        /// Runs several statements without leaving the connection's queue in between.
        func run<Result: Sendable>(_ body: @Sendable (isolated Connection) throws -> Result) throws -> Result {
            try body(self)
        }

        /// Runs a statement and returns its rows.
        ///
        /// - Parameters:
        ///   - statement: One statement, or several without parameters.
        ///   - parameters: The values of `$1` and so on, as text; `nil` for NULL.
        ///   - time: The time to wait for the result before the connection is closed.
        ///   - interruption: An object that can end the wait early, which also closes the connection.
        @discardableResult
        func run(
            _ statement: String, _ parameters: [String?] = [], within time: Duration = .seconds(60),
            unless interruption: Interruption? = nil
        ) throws(PostgresError) -> Rows {
            guard let handle = unsafe handle else { throw PostgresError(.lost, "The connection was closed.") }
            let isSent =
                parameters.isEmpty
                ? unsafe PQsendQuery(handle, statement)
                : unsafe withCStrings(parameters) { values in
                    unsafe PQsendQueryParams(handle, statement, Int32(parameters.count), nil, values, nil, nil, 0)
                }
            guard isSent == 1 else { throw unsafe lost(handle) }
            let deadline = ContinuousClock.now + time
            var rows = Rows()
            var failure: PostgresError?
            // All results are read to the end, because the error of the commit follows the success of the statement.
            while true {
                unsafe try wait(handle, deadline, interruption)
                guard let result = unsafe PQgetResult(handle) else { break }
                defer { unsafe PQclear(result) }
                switch unsafe PQresultStatus(result) {
                case PGRES_TUPLES_OK: rows = unsafe Rows(result)
                case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
                // The server's own message comes first, and says more than that the connection was lost.
                default: failure = unsafe failure ?? error(in: result)
                }
            }
            guard unsafe PQstatus(handle) == CONNECTION_OK else {
                let error =
                    unsafe failure.map { PostgresError(.lost, $0.message, sqlState: $0.sqlState) } ?? lost(handle)
                close()
                throw error
            }
            guard let failure else { return rows }
            if unsafe PQtransactionStatus(handle) != PQTRANS_IDLE { unsafe PQclear(PQexec(handle, "ROLLBACK")) }
            throw failure
        }

        /// Waits until the next result, or the end of all results, is available.
        private func wait(
            _ handle: OpaquePointer, _ deadline: ContinuousClock.Instant, _ interruption: Interruption?
        ) throws(PostgresError) {
            while unsafe PQisBusy(handle) == 1 {
                if interruption?.isRaised == true {
                    cancelAndClose()
                    throw PostgresError(.interrupted, "The wait was ended.")
                }
                let left = deadline - .now
                guard left > .zero else {
                    cancelAndClose()
                    throw PostgresError(.noAnswer, "The server did not answer in time.")
                }
                let slice = interruption == nil ? min(left, .seconds(1)) : min(left, .milliseconds(20))
                guard Socket.waitForInput(unsafe PQsocket(handle), slice + .milliseconds(1)) else { continue }
                guard unsafe PQconsumeInput(handle) == 1 else {
                    // The data before the end may contain the server's reason, so that the results are still read.
                    return
                }
            }
        }

        /// Asks the server to cancel the statement without waiting for it, and closes the session.
        private func cancelAndClose() {
            guard let handle = unsafe handle else { return }
            if let cancel = unsafe PQgetCancel(handle) {
                let address = UInt(bitPattern: cancel)
                // The request has its own queue: without a network it takes long, and the global queue has few threads.
                DispatchQueue(label: "postgres cancel").async {
                    guard let cancel = unsafe OpaquePointer(bitPattern: address) else { return }
                    var reason = [CChar](repeating: 0, count: 256)
                    // A server that cannot be reached notices when it writes to the closed connection.
                    _ = unsafe PQcancel(cancel, &reason, Int32(reason.count))
                    unsafe PQfreeCancel(cancel)
                }
            }
            close()
        }

        // MARK: Unrequested input

        /// Returns whether the session has ended, and reads the data that has arrived.
        func isLost() -> Bool {
            guard let handle = unsafe handle else { return true }
            // One read is not enough: the server's last message comes first, and the end of the connection after it.
            while Socket.waitForInput(unsafe PQsocket(handle), .zero) {
                guard unsafe PQconsumeInput(handle) == 1, unsafe PQstatus(handle) == CONNECTION_OK else {
                    close()
                    return true
                }
                unsafe takeNotifications(handle)
                if unsafe PQsocket(handle) < 0 { return true }
            }
            return unsafe PQstatus(handle) != CONNECTION_OK
        }

        /// Waits for notifications and returns their payloads; returns an empty list when none arrive in the time.
        func notifications(within time: Duration, unless interruption: Interruption) throws(PostgresError) -> [String] {
            let deadline = ContinuousClock.now + time
            while true {
                if isLost() { throw PostgresError(.lost, "The connection to \(server) ended.") }
                if let handle = unsafe handle { unsafe takeNotifications(handle) }
                guard notifications.isEmpty, !interruption.isRaised, .now < deadline, let handle = unsafe handle else {
                    defer { notifications = [] }
                    return notifications
                }
                _ = Socket.waitForInput(unsafe PQsocket(handle), min(deadline - .now, .milliseconds(50)))
            }
        }

        private func takeNotifications(_ handle: OpaquePointer) {
            while let notification = unsafe PQnotifies(handle) {
                if let text = unsafe notification.pointee.extra { unsafe notifications.append(String(cString: text)) }
                unsafe PQfreemem(notification)
            }
        }

        // MARK: Errors

        private func lost(_ handle: OpaquePointer) -> PostgresError {
            let error = unsafe PostgresError(.lost, message(of: handle))
            close()
            return error
        }

        private func error(in result: OpaquePointer) -> PostgresError {
            let state = unsafe PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { unsafe String(cString: $0) }
            // Only the primary message is used, because the detail can contain values of rows.
            let text =
                unsafe PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { unsafe String(cString: $0) }
                ?? "The connection ended before the answer came."
            return PostgresError(state == nil ? .lost : .refused, server.withoutPassword(text), sqlState: state)
        }

        private func message(of handle: OpaquePointer) -> String {
            let text = unsafe PQerrorMessage(handle).map { unsafe String(cString: $0) } ?? ""
            return server.withoutPassword(text.isEmpty ? "The connection ended." : text)
        }
    }

    /// An owner of a libpq connection, which closes it.
    @safe private final class Session {
        let handle: OpaquePointer

        init(_ handle: OpaquePointer) { unsafe self.handle = handle }
        deinit { unsafe PQfinish(handle) }
    }

    /// Runs `body` with the texts as C strings, followed by a null pointer.
    private func withCStrings<Result>(
        _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        // All strings are in one block of memory, so that none has to be freed.
        let bytes = texts.flatMap { text in (text ?? "").utf8CString }
        return unsafe bytes.withUnsafeBufferPointer { block in
            var position = 0
            var pointers: [UnsafePointer<CChar>?] = unsafe []
            for text in texts {
                unsafe pointers.append(text == nil ? nil : block.baseAddress.map { unsafe $0 + position })
                position += (text ?? "").utf8CString.count
            }
            unsafe pointers.append(nil)
            return unsafe pointers.withUnsafeBufferPointer { list in
                // The list always contains the null pointer.
                guard let start = list.baseAddress else { preconditionFailure("a list with a null has a start") }
                return unsafe body(start)
            }
        }
    }
#endif

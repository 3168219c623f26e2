#if PostgreSQL
    import CLibPQ

    /// The address of a database: a connection string of libpq, `postgres://…` or `host=… dbname=…`.
    ///
    /// Values that the string omits come from the `PG…` variables, the service file and the password file. No message
    /// contains the string, because it may contain a password.
    public struct PostgresServer: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        let connectionString: String
        /// The address without the password: `host=db.example dbname=environments user=deploy`.
        public let description: String
        private let password: String?

        /// Creates an address from a connection string; an empty one leaves everything to the `PG…` variables.
        ///
        /// - Throws: ``PostgresError`` with ``PostgresError/Kind/invalidConnectionString``, which does not contain the
        ///   string.
        public init(_ connectionString: String) throws(PostgresError) {
            guard let options = unsafe PQconninfoParse(connectionString, nil) else { throw Self.invalid }
            defer { unsafe PQconninfoFree(options) }
            var values: [String: String] = [:]
            var option = unsafe options
            while let keyword = unsafe option.pointee.keyword {
                if let value = unsafe option.pointee.val {
                    unsafe values[String(cString: keyword)] = String(cString: value)
                }
                unsafe option += 1
            }
            // A password in which @, / or : is not written as %40, %2F or %3A would be parsed in part as a host, a port
            // or a database, which messages contain. The search is by bytes, as in libpq: `@` before a combining
            // character is another `Character`.
            let bytes = connectionString.utf8
            if let scheme = ["postgres://", "postgresql://"].first(where: { bytes.starts(with: $0.utf8) }) {
                let address = bytes.dropFirst(scheme.utf8.count).prefix { $0 != UInt8(ascii: "?") }
                let authority = address.prefix { $0 != UInt8(ascii: "/") }
                let at = UInt8(ascii: "@")
                guard authority.count(where: { $0 == at }) <= 1, authority.last != UInt8(ascii: ":"),
                    !address.dropFirst(authority.count).contains(at)
                else { throw Self.invalid }
            }
            let isHost = !(values["host"] ?? "").unicodeScalars.contains(where: \.properties.isWhitespace)
            let isPort = (values["port"] ?? "").utf8.allSatisfy("0123456789,".utf8.contains)
            guard isHost && isPort else { throw Self.invalid }
            self.connectionString = connectionString
            password = values["password"]
            let shown = ["host", "hostaddr", "port", "dbname", "user", "service"].compactMap { key in
                values[key].map { "\(key)=\($0)" }
            }
            description = shown.isEmpty ? "the server that the PG variables name" : shown.joined(separator: " ")
        }

        private static var invalid: PostgresError {
            PostgresError(
                .invalidConnectionString,
                "The connection string is none that libpq understands. It is a URL like "
                    + "postgres://deploy@db.example/environments, or settings like host=db.example dbname=environments; in a "
                    + "URL, a password's @ is written %40, its : %3A, its / %2F and its % %25.")
        }

        /// A mirror with only the ``description``, so that dumps do not show the password.
        public var customMirror: Mirror { Mirror(self, children: ["server": description]) }

        /// Returns a message of libpq with every occurrence of the password replaced.
        func withoutPassword(_ message: String) -> String {
            guard let password, !password.isEmpty else { return message }
            var text = ""
            var rest = message[...]
            while let range = rest.firstRange(of: password) {
                text += rest[..<range.lowerBound] + "…"
                rest = rest[range.upperBound...]
            }
            return text + rest
        }
    }
#endif

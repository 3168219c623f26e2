#if PostgreSQL
    import CLibPQ

    /// How to reach a database: a connection string as libpq takes it, `postgres://…` or `host=… dbname=…`.
    ///
    /// What the string leaves out comes from the usual `PG…` variables, the service file and the password file. No message
    /// ever repeats the string, since there may be a password in it.
    public struct PostgresServer: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        let connectionString: String
        /// Where that leads, without any password: `host=db.example dbname=environments user=deploy`.
        public let description: String
        private let password: String?

        /// Reads a connection string; an empty one leaves everything to the `PG…` variables.
        ///
        /// - Throws: ``PostgresError`` with ``PostgresError/Kind/invalidConnectionString``, which does not repeat the string.
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
            // A password with @, / or : in it that is not written as %40, %2F or %3A would be taken for a host, a port or a
            // database, which messages name.
            // Byte by byte: `@` before a combining character is another `Character`, and libpq knows none.
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

        /// Only what ``description`` shows.
        public var customMirror: Mirror { Mirror(self, children: ["server": description]) }

        /// A message of libpq with nothing in it that could be the password.
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

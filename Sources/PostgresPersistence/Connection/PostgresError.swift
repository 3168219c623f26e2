#if PostgreSQL
    /// Why the server, or the way to it, did not do what it was asked for.
    ///
    /// Holds no password and no value of a row.
    public struct PostgresError: Error, Hashable, Sendable, CustomStringConvertible {
        /// Where it went wrong.
        public enum Kind: Hashable, Sendable {
            /// The connection string is not one.
            case invalidConnectionString
            /// There is no connection: the server cannot be reached, or it does not let this user in.
            case unreachable
            /// A connection pooler is between this program and the server.
            case pooler
            /// The connection ended, and with it everything that the session held.
            case lost
            /// The server did not answer in time; the connection was given up.
            case noAnswer
            /// The wait was ended by the caller; the connection was given up.
            case interrupted
            /// The server refused the statement.
            case refused
        }

        public let kind: Kind
        /// The server's five characters for the reason (SQLSTATE); nil where the server did not say one.
        public let sqlState: String?
        /// The server's or libpq's sentence.
        public let message: String

        init(_ kind: Kind, _ message: String, sqlState: String? = nil) {
            self.kind = kind
            self.sqlState = sqlState
            self.message = message.split(whereSeparator: \.isNewline).map { $0.trimmingSpaces }.joined(separator: " ")
        }

        public var description: String { sqlState.map { "\(message) (SQLSTATE \($0))" } ?? message }

        /// Whether the connection can still be used.
        var leavesConnection: Bool { kind == .refused }
    }

    extension Substring {
        fileprivate var trimmingSpaces: Substring {
            var text = self
            while text.first?.isWhitespace == true { text.removeFirst() }
            while text.last?.isWhitespace == true { text.removeLast() }
            return text
        }
    }

    /// The SQLSTATE values that are told apart here (PostgreSQL manual, appendix A).
    enum SQLState {
        static let lockNotAvailable = "55P03"
        static let diskFull = "53100"
        static let insufficientPrivilege = "42501"
        static let readOnlyTransaction = "25006"
        static let undefinedTable = "42P01"
        static let invalidSchemaName = "3F000"
    }
#endif

#if PostgreSQL
    /// An error of the server or of the connection to it.
    ///
    /// It contains no password and no value of a row.
    public struct PostgresError: Error, Hashable, Sendable, CustomStringConvertible {
        /// The kind of the error.
        public enum Kind: Hashable, Sendable {
            /// The connection string is invalid.
            case invalidConnectionString
            /// There is no connection: the server cannot be reached, or it rejects the user.
            case unreachable
            /// A connection pooler is between this program and the server.
            case pooler
            /// The connection ended, and with it the session's locks and transaction.
            case lost
            /// The server did not answer in time; the connection was closed.
            case noAnswer
            /// The caller ended the wait; the connection was closed.
            case interrupted
            /// The server rejected the statement.
            case refused
        }

        public let kind: Kind
        /// The five-character SQLSTATE of the server; `nil` when the server sent none.
        public let sqlState: String?
        /// The message of the server or of libpq.
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

    /// The SQLSTATE values that this module distinguishes (PostgreSQL manual, appendix A).
    enum SQLState {
        static let lockNotAvailable = "55P03"
        static let diskFull = "53100"
        static let insufficientPrivilege = "42501"
        static let readOnlyTransaction = "25006"
        static let undefinedTable = "42P01"
        static let invalidSchemaName = "3F000"
    }
#endif

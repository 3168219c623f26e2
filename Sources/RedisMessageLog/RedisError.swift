#if Redis
    /// An error of a Redis server or of the connection to it.
    public struct RedisError: Error, Hashable, Sendable, CustomStringConvertible {
        /// The kind of the error.
        public enum Kind: Hashable, Sendable {
            /// The address is invalid.
            case invalidAddress
            /// There is no connection; nothing was sent.
            case unreachable
            /// The connection ended, or no reply came in time, after the command was sent. The command may have been
            /// executed.
            case lost
            /// The server rejected the command.
            case refused
        }

        public let kind: Kind
        /// The message of the server or of the library.
        public let message: String

        init(_ kind: Kind, _ message: String) {
            self.kind = kind
            self.message = message
        }

        public var description: String { message }

        /// The error code of the server, for example `WRONGTYPE`; empty for other kinds of errors.
        var word: Substring { kind == .refused ? message.prefix { $0 != " " } : "" }
    }
#endif

#if Redis
    /// Why a Redis server, or the way to it, did not do what it was asked for.
    public struct RedisError: Error, Hashable, Sendable, CustomStringConvertible {
        /// Where it went wrong.
        public enum Kind: Hashable, Sendable {
            /// The address is not one.
            case invalidAddress
            /// There is no connection: nothing was sent.
            case unreachable
            /// The connection ended, or no answer came in time, after the command was sent: what became of it is not known.
            case lost
            /// The server refused the command.
            case refused
        }

        public let kind: Kind
        /// The server's or the library's sentence.
        public let message: String

        init(_ kind: Kind, _ message: String) {
            self.kind = kind
            self.message = message
        }

        public var description: String { message }

        /// The server's word for the reason, for example `WRONGTYPE`.
        var word: Substring { kind == .refused ? message.prefix { $0 != " " } : "" }
    }
#endif

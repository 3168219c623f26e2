#if Redis
    #if canImport(FoundationEssentials)
        import FoundationEssentials
    #else
        import Foundation
    #endif

    /// How to reach a Redis server: `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`.
    ///
    /// No message ever repeats the user's password.
    public struct RedisServer: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        let host: String
        let port: Int32
        let database: Int
        let user: String?
        let password: String?

        /// Reads an address; the port is 6379 and the database 0 where it does not say.
        ///
        /// - Throws: ``RedisError`` with ``RedisError/Kind/invalidAddress``, which does not repeat the address.
        public init(_ address: String) throws(RedisError) {
            let invalid = RedisError(
                .invalidAddress,
                "The address is not one of a Redis server, like redis://:password@redis.example:6379/0; a password's @ is "
                    + "written %40, its : %3A and its / %2F.")
            guard let url = URL(string: address), url.scheme == "redis", let host = url.host(), !host.isEmpty,
                let port = Int32(exactly: url.port ?? 6379), (1...65535).contains(port)
            else { throw invalid }
            let path = url.path().drop { $0 == "/" }
            guard path.isEmpty || Int(path) != nil, (Int(path) ?? 0) >= 0 else { throw invalid }
            self.host = host
            self.port = port
            database = Int(path) ?? 0
            user = url.user(percentEncoded: false).flatMap { $0.isEmpty ? nil : $0 }
            password = url.password(percentEncoded: false)
        }

        /// The address without its password.
        public var description: String { "redis://\(host):\(port)/\(database)" }

        /// Only what ``description`` shows.
        public var customMirror: Mirror { Mirror(self, children: ["server": description]) }
    }
#endif

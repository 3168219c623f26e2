#if Redis
    /// The address of a Redis server: `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`.
    ///
    /// No message contains the password.
    public struct RedisServer: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        let host: String
        let port: Int32
        let database: Int
        let user: String?
        let password: String?

        /// Creates an address from its text; the default port is 6379 and the default database 0.
        ///
        /// - Throws: ``RedisError`` with ``RedisError/Kind/invalidAddress``, which does not contain the address.
        public init(_ address: String) throws(RedisError) {
            let invalid = RedisError(
                .invalidAddress,
                "The address is not one of a Redis server, like redis://:password@redis.example:6379/0; a password's @ is "
                    + "written %40, its : %3A and its / %2F.")
            guard address.hasPrefix("redis://") else { throw invalid }
            let parts = address.dropFirst(8).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let authority = parts[0].split(separator: "@", omittingEmptySubsequences: false)
            let path = parts.count == 2 ? parts[1] : ""
            guard authority.count <= 2, let place = authority.last, let (host, port) = Self.place(place),
                let database = path.isEmpty ? 0 : Self.number(path)
            else { throw invalid }
            (self.host, self.port, self.database) = (host, port, database)
            guard authority.count == 2 else {
                (user, password) = (nil, nil)
                return
            }
            let words = authority[0].split(separator: ":", omittingEmptySubsequences: false)
            guard words.count <= 2, let user = Self.decoded(words[0]), let password = Self.decoded(words.last ?? "")
            else { throw invalid }
            self.user = user.isEmpty ? nil : user
            self.password = words.count == 2 ? password : nil
        }

        /// Parses `HOST[:PORT]`; an IPv6 address is in brackets.
        private static func place(_ text: Substring) -> (host: String, port: Int32)? {
            let isBracketed = text.hasPrefix("[")
            guard let end = isBracketed ? text.firstIndex(of: "]") : text.firstIndex(of: ":") ?? text.endIndex else {
                return nil
            }
            let host = isBracketed ? text[..<end].dropFirst() : text[..<end]
            let rest = isBracketed ? text[end...].dropFirst() : text[end...]
            guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "%") }) else {
                return nil
            }
            if rest.isEmpty { return (String(host), 6379) }
            guard rest.utf8.first == UInt8(ascii: ":"), let port = number(rest.dropFirst()), (1...65535).contains(port)
            else { return nil }
            return (String(host), Int32(port))
        }

        private static func number(_ text: Substring) -> Int? {
            text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
        }

        /// Returns a text with its percent-encoding decoded (RFC 3986, 2.1); `nil` when a `%` is not followed by two
        /// hexadecimal digits.
        private static func decoded(_ text: Substring) -> String? {
            var bytes: [UInt8] = []
            var rest = text.utf8[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "%") else {
                    bytes.append(byte)
                    continue
                }
                let digits = rest.prefix(2)
                guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                    let byte = UInt8(String(Substring(digits)), radix: 16)
                else { return nil }
                bytes.append(byte)
                rest = rest.dropFirst(2)
            }
            return String(validating: bytes, as: UTF8.self)
        }

        /// The address without its password.
        public var description: String { "redis://\(host):\(port)/\(database)" }

        /// A mirror with only the ``description``, so that dumps do not show the password.
        public var customMirror: Mirror { Mirror(self, children: ["server": description]) }
    }
#endif

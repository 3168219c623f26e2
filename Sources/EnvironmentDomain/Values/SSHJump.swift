/// The SSH servers on the way to an instance, the nearest first, as `[USER@]HOST[:PORT]` separated by commas; at most
/// 8.
public struct SSHJump: ValidatedText {
    /// One SSH server on the way to an instance.
    public struct Hop: Hashable, Sendable {
        /// The login name on this server; `nil` for the one of the instance.
        public let username: SSHUsername?
        public let address: InstanceAddress
        public let port: SSHPort

        fileprivate init?(_ text: Substring) {
            var place = text
            if let at = text.lastIndex(of: "@") {
                guard let username = try? SSHUsername(String(text[..<at])) else { return nil }
                self.username = username
                place = text[text.index(after: at)...]
            } else {
                username = nil
            }
            // An IPv6 address needs brackets, because a colon separates the port.
            let isBracketed = place.first == "["
            let end = isBracketed ? place.firstIndex(of: "]") : place.firstIndex(of: ":") ?? place.endIndex
            guard let end,
                let address = try? InstanceAddress(String(isBracketed ? place[..<end].dropFirst() : place[..<end]))
            else { return nil }
            self.address = address
            let rest = isBracketed ? place[end...].dropFirst() : place[end...]
            guard !rest.isEmpty else {
                port = .standard
                return
            }
            guard rest.first == ":", rest.dropFirst().utf8.allSatisfy(ASCIISet.digits.contains),
                let number = Int(rest.dropFirst()), let port = try? SSHPort(number)
            else { return nil }
            self.port = port
        }
    }

    public let text: String
    /// The servers, the nearest first.
    public let hops: [Hop]

    public init(_ text: String) throws(InvalidValue) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        hops = parts.compactMap { Hop($0) }
        guard hops.count == parts.count, hops.count <= 8 else {
            throw InvalidValue(
                kind: "SSH jump host", text: text,
                rule: "[USER@]HOST[:PORT], an IPv6 address in brackets, and up to 8 of them with commas in between",
                example: "deploy@bastion.example:22")
        }
        self.text = text
    }
}

/// The head of an HTTP request: its first line and its fields.
struct RequestHead: Hashable, Sendable {
    let method: String
    /// The path as it was sent, before anything is decoded.
    let path: String
    /// What is behind the `?`; empty for nothing.
    let query: String
    private let fields: [String: [String]]

    /// The longest head that is read (bytes).
    static let limit = 16 << 10

    /// Reads a head up to the empty line that ends it.
    ///
    /// - Returns: `nil` for what is none of HTTP/1.
    init?(_ bytes: some Collection<UInt8>) {
        let text = String(decoding: bytes, as: UTF8.self)
        // A line break is one Character, whether it is LF or CR LF.
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\r\n" || $0 == "\n" }[...]
        let words = (lines.popFirst() ?? "").split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2].hasPrefix("HTTP/1."), !words[0].isEmpty, words[1].hasPrefix("/") else {
            return nil
        }
        method = String(words[0])
        let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(target[0])
        query = target.count > 1 ? String(target[1]) : ""
        var fields: [String: [String]] = [:]
        for line in lines where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { return nil }
            let name = line[..<colon].lowercased()
            guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            fields[name, default: []].append(String(value))
        }
        self.fields = fields
    }

    /// The value of a field that is there once; `nil` when it is not there, or more than once.
    subscript(_ name: String) -> String? { fields[name].flatMap { $0.count == 1 ? $0[0] : nil } }

    /// Whether a field is there more than once.
    func isRepeated(_ name: String) -> Bool { (fields[name]?.count ?? 0) > 1 }

    /// The number of bytes that follow; 0 when nothing says so.
    var bodySize: Int { self["content-length"].flatMap(Int.init).map { max(0, $0) } ?? 0 }
}

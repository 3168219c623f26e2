import EnvironmentPage
import JSONText

/// What one browser has of the page, and the events that bring it what is new.
struct PageEvents {
    private var sent: [String: String] = [:]
    private var title: String?
    private var count = 0

    /// Returns the lines of a server-sent event that makes the browser's page this one; a comment when it is this one.
    mutating func event(_ page: LivePage) throws -> [UInt8] {
        let new = page.parts.filter { sent[$0.id] != $0.markup }
        // The comment tells whether the browser is still there.
        guard !new.isEmpty || page.parts.count != sent.count || title != page.title else { return Array(":\n\n".utf8) }
        sent = Dictionary(page.parts.map { ($0.id, $0.markup) }) { first, _ in first }
        title = page.title
        count += 1
        let update = Update(
            number: count, title: page.title, parts: new.map { Update.Part(id: $0.id, markup: $0.markup) },
            environments: page.environments)
        // JSON has no line break of its own, so that one line of data is enough.
        return Array("\(count == 1 ? "retry: 1000\n" : "")data: ".utf8)
            + (try JSONTextEncoder(style: .sortedNames).encode(update)) + Array("\n\n".utf8)
    }

    /// What a browser is sent.
    private struct Update: Encodable {
        let number: Int
        let title: String
        let parts: [Part]
        /// The elements of the environments, in their order.
        let environments: [String]

        struct Part: Encodable {
            let id: String
            let markup: String
        }
    }
}

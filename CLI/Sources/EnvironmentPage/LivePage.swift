public import EnvironmentDomain

/// A page that a browser keeps current: the environments by name, in parts that can be replaced one by one.
///
/// Environments keep their places, and every row its height, whatever happens to them.
public struct LivePage: Sendable {
    /// The title of the page.
    public let title: String
    /// The parts, in the order of the page.
    public let parts: [Part]
    /// The elements of the environments, in the order of the page.
    public var environments: [String] { parts.dropFirst(2).map(\.id) }
    private let generator: String

    /// An element of the page.
    public struct Part: Hashable, Sendable {
        /// The element's `id`.
        public let id: String
        /// The element's markup.
        public let markup: String
    }

    /// Describes a page.
    ///
    /// - Parameters:
    ///   - page: What is shown.
    ///   - trouble: Why the environments cannot be read now, so that the page shows earlier ones; `nil` when they can.
    public init(_ page: EnvironmentPage, trouble: Trouble? = nil) {
        let entries = page.environments.sorted { $0.name < $1.name }.map { Entry($0, at: page.readAt) }
        let masthead = Masthead(
            location: page.location, readAt: page.readAt,
            entries: entries.sorted { ($0.condition, $0.environment.name) < ($1.condition, $1.environment.name) },
            isLive: true)
        let limits = Limits(environments: entries.count)
        title = masthead.title
        generator = page.generator
        parts =
            [Part(id: "masthead", masthead.markup), Part(id: Self.link, Self.status(trouble))]
            + entries.map { entry in
                Part(
                    id: "env-\(entry.environment.name)",
                    EnvironmentSection(entry: entry, readAt: page.readAt, limits: limits, isOpen: false).markup)
            }
    }

    /// Why environments cannot be read, and since when.
    public struct Trouble: Hashable, Sendable {
        /// A sentence for people.
        public let reason: String
        /// When it was found out.
        public let since: Timestamp

        /// Describes why environments cannot be read.
        public init(reason: String, since: Timestamp) {
            self.reason = reason
            self.since = since
        }
    }

    /// The text of the HTML document.
    public var text: String {
        let environments = parts.dropFirst(2).map { HTML(stringLiteral: $0.markup) }
        let body: HTML = """
            \(LifecycleDrawing.definitions)
            \(HTML(stringLiteral: parts[0].markup))
            <main id="environments">
            <div class="list">
            \(environments)</div>
            <p class="none">There is no environment here.</p>
            </main>
            \(HTML(stringLiteral: parts[1].markup))
            <p class="link t-failed" id="lost" role="status" hidden=""><span class="dot"></span><span>The connection to the \
            program that serves this page is lost. The page shows what was last known.</span></p>
            <noscript><p class="link t-waiting">Without scripts the page stays as it is: load it again.</p></noscript>
            <footer><p>Served by \(generator), to this machine alone. The page changes nothing.</p></footer>
            """
        return EnvironmentPage.beginning
            + HTMLDocument(
                title: title, generator: generator, style: Style.live, script: Script.live, isConnected: true,
                body: body
            ).markup.text
    }

    private static let link = "link"

    private static func status(_ trouble: Trouble?) -> HTML {
        guard let trouble else {
            return """
                <p class="link t-done" id="\(link)" role="status"><span class="dot"></span><span>Live</span></p>
                """
        }
        return """
            <p class="link t-waiting" id="\(link)" role="status"><span class="dot"></span><span>The store cannot be read since \
            \(trouble.since), and is tried again: \(HTML.isolated(trouble.reason))</span></p>
            """
    }
}

extension LivePage.Part {
    fileprivate init(id: String, _ markup: HTML) {
        self.id = id
        self.markup = markup.text
    }
}

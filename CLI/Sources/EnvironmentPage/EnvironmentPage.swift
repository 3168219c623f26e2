import CommandLineProgram
public import EnvironmentDomain

/// A page that shows environments: one HTML file that needs nothing beside it.
///
/// The same values give the same text. What comes from steps, files and people is escaped, and the page's policy lets the
/// browser run its own script alone.
public struct EnvironmentPage: Sendable {
    /// Where the environments are kept, as people name it.
    public let location: String
    /// When the environments were read.
    public let readAt: Timestamp
    /// The program that wrote the page, and its version.
    public let generator: String
    /// The environments.
    public let environments: [ReportedEnvironment]

    /// Describes a page.
    public init(location: String, readAt: Timestamp, generator: String, environments: [ReportedEnvironment]) {
        self.location = location
        self.readAt = readAt
        self.generator = generator
        self.environments = environments
    }

    /// The first bytes of every page, which tell it from other files.
    public static let beginning = "<!DOCTYPE html>\n<!-- environments -->\n"

    /// The text of the HTML file.
    public var text: String {
        let entries = environments.map { Entry($0, condition: Condition($0, at: readAt)) }
            .sorted { ($0.condition, $0.environment.name) < ($1.condition, $1.environment.name) }
        let limits = Limits(environments: entries.count)
        let masthead = Masthead(location: location, readAt: readAt, entries: entries)
        let groups = [
            group("attention", "Needs attention", entries.filter(\.condition.needsAttention), limits),
            group("working", "At work", entries.filter { $0.condition == .working }, limits),
            group(
                "settled", "Settled",
                entries.filter { $0.condition == .settled }.sorted { $0.environment.name < $1.environment.name }, limits
            ),
        ]
        let page: HTML = """
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta http-equiv="Content-Security-Policy" content="\(HTML(stringLiteral: Self.policy))"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <meta name="referrer" content="no-referrer"/>
            <meta name="generator" content="\(generator)"/>
            <title>\(masthead.headline) · environments</title>
            <style>\(HTML(stringLiteral: Style.text))</style>
            <script>\(HTML(stringLiteral: Script.text))</script>
            </head>
            <body>
            \(LifecycleDrawing.definitions)
            \(masthead.markup)
            <main id="environments">
            \(groups)
            \(entries.isEmpty ? "<p class=\"none\">There is no environment here.</p>" : nil as HTML?)
            </main>
            <footer><p>Written by \(generator). The page is a copy of what was stored when it was written; it changes nothing and \
            asks no server.</p></footer>
            </body>
            </html>

            """
        return Self.beginning + page.text
    }

    private func group(_ identifier: String, _ title: String, _ entries: [Entry], _ limits: Limits) -> HTML {
        guard !entries.isEmpty else { return "" }
        let isAlone = environments.count == 1
        return """
            <section class="group" id="\(identifier)" aria-labelledby="\(identifier)-title">
            <h2 id="\(identifier)-title">\(title) <span class="count">\(entries.count)</span></h2>
            <div class="list">
            \(entries.map { EnvironmentSection(entry: $0, readAt: readAt, limits: limits, isOpen: isAlone).markup })</div>
            </section>

            """
    }

    /// Only this page's own style and script; nothing is loaded, sent or framed.
    private static let policy =
        "default-src 'none'; style-src \(ContentHash.source(of: Style.text)); script-src "
        + "\(ContentHash.source(of: Script.text)); base-uri 'none'; form-action 'none'"
}

/// An environment and what it needs.
struct Entry {
    let environment: ReportedEnvironment
    let condition: Condition

    init(_ environment: ReportedEnvironment, condition: Condition) {
        self.environment = environment
        self.condition = condition
    }

    var tone: Tone { environment.tone(condition) }
}

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
        let entries = environments.map { Entry($0, at: readAt) }
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
        let body: HTML = """
            \(LifecycleDrawing.definitions)
            \(masthead.markup)
            <main id="environments">
            \(groups)
            \(entries.isEmpty ? "<p class=\"none\">There is no environment here.</p>" : nil as HTML?)
            </main>
            <footer><p>Written by \(generator). The page is a copy of what was stored when it was written; it changes nothing and \
            asks no server.</p></footer>
            """
        return Self.beginning
            + HTMLDocument(
                title: masthead.title, generator: generator, style: Style.text, script: Script.text, isConnected: false,
                body: body
            ).markup.text
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
}

/// An environment and what it needs.
struct Entry {
    let environment: ReportedEnvironment
    let condition: Condition

    init(_ environment: ReportedEnvironment, at moment: Timestamp) {
        self.environment = environment
        condition = Condition(environment, at: moment)
    }

    var tone: Tone { environment.tone(condition) }
}

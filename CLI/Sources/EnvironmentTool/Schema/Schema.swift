import ArgumentParser
import CommandLineProgram
import JSONText

/// A command without a store, as programs ask for schemas before there is one.
struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "JSON Schemas of the workflow file, the configuration file and the --json results.",
        usage: "\(Tool.name) schema [<subject>]",
        discussion: """
            Without a subject it is one document with all of them below $defs. With one, such as workflow, list or error, the \
            document describes that subject; several is what a command says that is about several environments.

            \(Examples(["schema", "schema workflow > workflow.schema.json", "schema list"]))
            """)

    @Argument(
        help: ArgumentHelp("workflow, configuration, error, several, or a command.", valueName: "subject"),
        completion: .list(Self.subjects))
    var subject: String?

    /// What a document can be about.
    private static let subjects = (["workflow", "configuration", "error"] + ResultSchemas.definitions.keys).sorted()

    func validate() throws {
        guard let subject, !Self.subjects.contains(subject) else { return }
        let near = subject.nearest(in: Self.subjects).map { " Did you mean \($0)?" } ?? ""
        throw ValidationError("there is no schema of \(subject).\(near)")
    }

    func run() throws {
        let definitions = [
            WorkflowSchema.definitions, ConfigurationSchema.definitions, PartSchemas.definitions,
            ResultSchemas.definitions,
        ]
        .flatMap { $0.map { ($0.key, $0.value.json) } }.sorted { $0.0 < $1.0 }
        var document: [(String, JSONValue)] = [
            ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            ("title", .string("\(Tool.name) \(Tool.current.version)" + (subject.map { " \($0)" } ?? ""))),
        ]
        if let subject { document.append(("$ref", .string("#/$defs/\(subject)"))) }
        document.append(("$defs", .object(JSONObject(definitions))))
        let text = try JSONValue.object(JSONObject(document)).text(.pretty)
        StandardOutput.write(String(decoding: text, as: UTF8.self) + "\n")
    }
}

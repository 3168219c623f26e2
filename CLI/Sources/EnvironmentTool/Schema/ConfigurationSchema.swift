import CommandLineProgram

/// The schema of a configuration file.
enum ConfigurationSchema {
    static let definitions: [String: JSONSchema] = [
        "configuration": .object(
            JSONSchema.Members(
                sometimes: [
                    "store": filled, "stores": .map(of: filled), "color": .oneOf(ColorChoice.allCases.map(\.rawValue)),
                    "notifications": .map(of: .named("notification_target")),
                ], isClosed: true)),
        "notification_target": .either([
            target("run", .pattern("[\\s\\S]*\\S[\\s\\S]*")), target("webhook", .pattern("https?://[!-~]+")),
        ]),
    ]

    private static let filled = JSONSchema.pattern("[\\s\\S]+")

    /// Returns the schema of a target that is reached in one way: by a script or by a webhook.
    private static func target(_ way: String, _ schema: JSONSchema) -> JSONSchema {
        .object(
            JSONSchema.Members(
                always: [way: schema, "on": .atLeastOne(of: .oneOf(Notice.Event.allCases.map(\.rawValue)))],
                sometimes: ["timeout_seconds": .numberIn(0, 300, isFirstExcluded: true)], isClosed: true))
    }
}

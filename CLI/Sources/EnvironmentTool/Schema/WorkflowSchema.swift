/// The schema of a workflow file.
enum WorkflowSchema {
    static let definitions: [String: JSONSchema] = [
        "workflow": .object(
            JSONSchema.Members(
                always: ["provision": .atLeastOne(of: .named("workflow_step"))],
                sometimes: [
                    "configure": steps, "release": steps, "run": steps, "destroy": steps, "inherit": variables,
                ], isClosed: true)),
        "workflow_step": .object(
            JSONSchema.Members(
                always: ["name": .pattern("[a-z][a-z0-9_]*"), "run": script],
                sometimes: [
                    "timeout_seconds": .numberIn(0, 1e9, isFirstExcluded: true), "retries": .integerIn(0, 1000),
                    "retry_delay_seconds": .numberIn(0, 1e9, isFirstExcluded: false), "repeatable": .boolean,
                    "inherit": variables,
                ], isClosed: true)),
    ]

    /// More than blanks, and no zero character.
    private static let script = JSONSchema.pattern("[^\\u0000]*[^ \\t\\n\\r\\u0000][^\\u0000]*")
    private static let steps = JSONSchema.list(of: .named("workflow_step"))
    private static let variables = JSONSchema.list(of: .pattern("[A-Za-z_][A-Za-z0-9_]*"))
}

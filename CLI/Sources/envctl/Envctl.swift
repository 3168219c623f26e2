import EnvironmentTool

/// The operator's tool of the package: the one without providers of its own.
@main
struct Envctl: EnvironmentTool {
    static let name = "envctl"
}

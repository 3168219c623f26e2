import CommandLineProgram
public import Commands
import EnvironmentDomain

/// A command-line tool for environments: every command of `envctl` under the tool's own name, with the built-in providers
/// and those that the tool brings.
///
/// ```swift
/// @main struct ShopTool: EnvironmentTool {
///     static let name = "shop"
///     static let providers = [shop]
/// }
/// ```
public protocol EnvironmentTool {
    /// The name of the program, by which its help, messages, completions and manual pages call it.
    static var name: String { get }

    /// The version that `--version` prints.
    static var version: String { get }

    /// The sentence that begins the tool's help.
    static var summary: String { get }

    /// The providers written in Swift that the tool brings beside `local`, `workflow` and `opentofu`.
    ///
    /// The first one makes an environment for which no other is named.
    static var providers: [Provider] { get }
}

extension EnvironmentTool {
    /// The version of this package.
    public static var version: String { Program.version }

    public static var summary: String { "Shows, changes and repairs deployment environments." }

    public static var providers: [Provider] { [] }

    /// Runs the command that the words of the command line name, and ends the process with its exit code.
    public static func main() {
        let tool = Tool(name: name, version: version, summary: summary, providers: providers)
        if let flaw = tool.flaw {
            Program.prepare()
            let console = Console(json: false)
            Failure(.bug, "invalid_tool", flaw).write(json: false, to: console)
            Program.exit(Failure.Code.bug.rawValue, on: console)
        }
        Tool.become(tool)
        Call.main()
    }
}

import CommandLineProgram
import Commands
import EnvironmentDomain
import Synchronization

/// The tool that this process is: what differs from one tool to the next.
struct Tool: Sendable {
    let name: String
    let version: String
    let summary: String
    let providers: [Provider]

    /// What is wrong with the tool's own description; `nil` when nothing is.
    var flaw: String? {
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte), name.utf8.first != UInt8(ascii: "-") else {
            return "The name of the tool is '\(name)'; it must be letters, digits, '-', '_' and '.', as a file's name."
        }
        var kinds: Set<ProviderKind> = [.local, .workflow, .opentofu]
        for provider in providers where !kinds.insert(provider.reference.kind).inserted {
            return "The tool \(name) brings the provider \(provider.reference.kind), and there is one of that name "
                + "already; give it another name."
        }
        return nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// A process is one tool from its first line on.
    private static let chosen = Mutex<Tool?>(nil)

    static func become(_ tool: Tool) { chosen.withLock { $0 = tool } }

    static var current: Tool {
        chosen.withLock(\.self) ?? Tool(name: "envctl", version: Program.version, summary: "", providers: [])
    }

    static var name: String { current.name }
}

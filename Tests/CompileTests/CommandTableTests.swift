import Commands
import EnvironmentDomain
import TestSupport
import Testing

@Suite("A command accepts only environments in its own states", .slow)
struct CommandTableTests {
    struct Row: CustomTestStringConvertible {
        let command: String
        let method: String
        let takes: LifecycleState
        let gives: LifecycleState

        var testDescription: String { "\(command).\(method)" }
    }

    static let rows: [Row] = [
        Row(command: "ProvisionCommand", method: "execute", takes: .created, gives: .provisioned),
        Row(command: "ProvisionCommand", method: "resume", takes: .provisioning, gives: .provisioned),
        Row(command: "ProvisionCommand", method: "retry", takes: .provisionFailed, gives: .provisioned),
        Row(command: "ConfigureCommand", method: "execute", takes: .provisioned, gives: .configured),
        Row(command: "ConfigureCommand", method: "resume", takes: .configuring, gives: .configured),
        Row(command: "ConfigureCommand", method: "retry", takes: .configureFailed, gives: .configured),
        Row(command: "ReleaseCommand", method: "execute", takes: .configured, gives: .released),
        Row(command: "ReleaseCommand", method: "resume", takes: .releasing, gives: .released),
        Row(command: "ReleaseCommand", method: "retry", takes: .releaseFailed, gives: .released),
        Row(command: "RunCommand", method: "execute", takes: .released, gives: .running),
        Row(command: "RunCommand", method: "resume", takes: .running, gives: .running),
        Row(command: "RunCommand", method: "retry", takes: .runFailed, gives: .running),
    ]

    private static let imports = "import Commands\nimport EnvironmentDomain\n"

    private static func function(_ row: Row, _ state: LifecycleState, result: LifecycleState) -> String {
        "func \(row.command)_\(row.method)_\(state)(_ command: \(row.command), "
            + "_ environment: consuming Environment<\(state.typeName)>) async throws"
            + " -> Environment<\(result.typeName)>"
    }

    @Test("Each method accepts the environment of its row and returns the one of its row")
    func legal() async throws {
        let functions = Self.rows.map { row in
            "\(Self.function(row, row.takes, result: row.gives)) { try await command.\(row.method)(environment) }"
        }
        let complaint = try await FixtureCompiler().compile(text: Self.imports + functions.joined(separator: "\n"))
        #expect(complaint == "")
    }

    @Test("Each method refuses the environments of the 12 other states", arguments: rows)
    func illegal(row: Row) async throws {
        let functions = LifecycleState.allCases.filter { $0 != row.takes }.map { state in
            """
            \(Self.function(row, state, result: row.gives)) {
                // expected-error@+2 {{cannot convert value of type 'Environment<\(state.typeName)>'}}
                // expected-note@+1 {{generic parameter 'State'}}
                try await command.\(row.method)(environment)
            }
            """
        }
        #expect(functions.count == 12)
        let complaint = try await FixtureCompiler().compile(text: Self.imports + functions.joined(separator: "\n"))
        #expect(complaint == "")
    }

    @Test("Running a phase again accepts exactly the states in which it has started", arguments: Phase.forward)
    func again(phase: Phase) async throws {
        let command = "\(phase.rawValue.prefix(1).uppercased())\(phase.rawValue.dropFirst())Command"
        let needed = "\(phase.rawValue.prefix(1).uppercased())\(phase.rawValue.dropFirst())BegunState"
        let begun = Set(Lifecycle.edges.filter { $0.isAgain && $0.phase == phase }.map(\.from))
        let functions = LifecycleState.allCases.map { state in
            let announcement =
                begun.contains(state)
                ? "" : "\n    // expected-error@+1 {{requires that '\(state.typeName)' conform to '\(needed)'}}"
            return """
                func again_\(state)(
                    _ command: \(command), _ environment: consuming Environment<\(state.typeName)>
                ) async throws -> Environment<\(phase.goal.typeName)> {\(announcement)
                    try await command.again(environment)
                }
                """
        }
        let complaint = try await FixtureCompiler().compile(text: Self.imports + functions.joined(separator: "\n"))
        #expect(complaint == "")
    }

    @Test("Destroying accepts an environment in any state but destroyed")
    func destroy() async throws {
        let functions = LifecycleState.allCases.map { state in
            let announcement =
                state == .destroyed
                ? "\n    // expected-error@+1 {{requires that 'Destroyed' conform to 'DestroyableState'}}" : ""
            return """
                func destroy_\(state)(
                    _ command: DestroyCommand, _ environment: consuming Environment<\(state.typeName)>
                ) async throws -> Environment<Destroyed> {\(announcement)
                    try await command.execute(environment)
                }
                """
        }
        let complaint = try await FixtureCompiler().compile(text: Self.imports + functions.joined(separator: "\n"))
        #expect(complaint == "")
    }
}

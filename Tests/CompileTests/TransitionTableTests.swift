import EnvironmentDomain
import Foundation
import TestSupport
import Testing

@Suite("The table of transitions agrees with the typed API", .slow)
struct TransitionTableTests {
    /// The methods of the table, in its order.
    static let methods = Lifecycle.edges.map(\.method).reduce(into: [String]()) { methods, method in
        if !methods.contains(method) { methods.append(method) }
    }

    private static func edge(_ state: LifecycleState, _ method: String) -> LifecycleEdge? {
        Lifecycle.edges.first { $0.from == state && $0.method == method }
    }

    /// Returns a call of the method on `environment`, with the arguments that it needs.
    private static func call(_ method: String) -> String {
        switch method {
        case "provisioned(_:)": "environment.provisioned(instance)"
        case _ where method.hasSuffix("(_:)"): "environment.\(name(method))(failure)"
        default: "environment.\(method)"
        }
    }

    /// Returns the protocol that a state must conform to for the method; `nil` for a method of one state.
    private static func neededProtocol(_ method: String) -> String? {
        switch method {
        case "destroyed()": "DestroyableState"
        case "provisionAgain()": "ProvisionBegunState"
        case "configureAgain()": "ConfigureBegunState"
        case "releaseAgain()": "ReleaseBegunState"
        case "runAgain()": "RunBegunState"
        default: nil
        }
    }

    /// Returns the state of a method that only one state has.
    private static func owner(_ method: String) -> String {
        Lifecycle.edges.first { $0.method == method }?.from.typeName ?? ""
    }

    private static func name(_ method: String) -> String {
        String(method.prefix { $0 != "(" })
    }

    private static func function(_ state: LifecycleState, _ method: String, result: LifecycleState?) -> String {
        "func \(state)_\(name(method))(_ environment: consuming Environment<\(state.typeName)>, "
            + "_ instance: Instance, _ failure: StepFailure)"
            + (result.map { " -> Environment<\($0.typeName)>" } ?? "")
    }

    @Test("There are 13 times 20 pairs of a state and a method, and 53 of them are in the table")
    func pairs() {
        #expect(LifecycleState.allCases.count * Self.methods.count == 13 * 20)
        #expect(
            LifecycleState.allCases.flatMap { state in Self.methods.compactMap { Self.edge(state, $0) } }.count == 53)
    }

    @Test("Every pair of the table compiles and returns the state of the table")
    func legalPairs() async throws {
        let functions = Lifecycle.edges.map { edge in
            "\(Self.function(edge.from, edge.method, result: edge.to)) { \(Self.call(edge.method)) }"
        }
        let complaint = try await FixtureCompiler().compile(
            text: (["import EnvironmentDomain"] + functions).joined(separator: "\n"))
        #expect(complaint == "")
    }

    @Test("No pair of the table returns another state than the table's", arguments: LifecycleState.allCases)
    func wrongResult(result: LifecycleState) async throws {
        let functions = Lifecycle.edges.filter { $0.to != result }.map { edge in
            """
            \(Self.function(edge.from, edge.method, result: result)) {
                // expected-error@+2 {{cannot convert return expression of type 'Environment<\(edge.to.typeName)>'}}
                // expected-note@+1 {{generic parameter 'State'}}
                return \(Self.call(edge.method))
            }
            """
        }
        let complaint = try await FixtureCompiler().compile(
            text: (["import EnvironmentDomain"] + functions).joined(separator: "\n"))
        #expect(complaint == "")
    }

    @Test("Every other pair is refused", arguments: LifecycleState.allCases)
    func illegalPairs(state: LifecycleState) async throws {
        let functions = Self.methods.filter { Self.edge(state, $0) == nil }.map { method in
            let complaint =
                if let needed = Self.neededProtocol(method) {
                    "requires that '\(state.typeName)' conform to '\(needed)'"
                } else {
                    "requires the types '\(state.typeName)' and '\(Self.owner(method))' be equivalent"
                }
            return """
                \(Self.function(state, method, result: nil)) {
                    // expected-error@+1 {{on 'Environment' \(complaint)}}
                    _ = \(Self.call(method))
                }
                """
        }
        #expect(functions.count == Self.methods.count - Lifecycle.edges.count { $0.from == state })
        let complaint = try await FixtureCompiler().compile(
            text: (["import EnvironmentDomain"] + functions).joined(separator: "\n"))
        #expect(complaint == "")
    }

    @Test("No pair of the table can be used twice with one environment")
    func twice() async throws {
        let functions = Lifecycle.edges.map { edge in
            """
            // expected-error@+1 {{'environment' consumed more than once}}
            \(Self.function(edge.from, edge.method, result: nil)) {
                // expected-note@+1 {{consumed here}}
                _ = \(Self.call(edge.method))
                // expected-note@+1 {{consumed again here}}
                _ = \(Self.call(edge.method))
            }
            """
        }
        let complaint = try await FixtureCompiler().compile(
            text: (["import EnvironmentDomain"] + functions).joined(separator: "\n"))
        #expect(complaint == "")
    }

    /// A method of the module that consumes an environment, as declared in the source.
    struct Method: Hashable {
        let from: LifecycleState
        let method: String
        let to: LifecycleState
    }

    @Test("The public methods that consume an environment are exactly those of the table")
    func sameMethods() throws {
        let table = Lifecycle.edges.map { Method(from: $0.from, method: $0.method, to: $0.to) }
        var found: [Method] = []
        for file in PackageFiles.swiftFiles(in: "Sources/EnvironmentDomain") {
            found += try Self.methods(in: String(contentsOf: file, encoding: .utf8))
        }
        #expect(found.count == table.count)
        #expect(Set(found) == Set(table))
    }

    private static func methods(in source: String) throws -> [Method] {
        var found: [Method] = []
        var owners: [LifecycleState] = []
        for line in source.split(separator: "\n") {
            if let header = line.wholeMatch(of: /extension Environment(?:<(\w+)>| where State: (\w+)) \{/) {
                owners = try states(typeName: header.1, protocolName: header.2)
            } else if line == "}" {
                owners = []
            } else if line.contains("consuming func"), !line.hasPrefix("    consuming func withState<") {
                let method = try #require(
                    line.wholeMatch(of: /\s+public consuming func (\w+)\((.*)\) -> Environment<(\w+)> \{/),
                    "\(line) is written in a way that this test cannot read")
                #expect(!owners.isEmpty, "\(line) is in no extension that this test can read")
                let result = try #require(LifecycleState.allCases.first { $0.typeName == method.3 })
                found += owners.map { Method(from: $0, method: "\(method.1)(\(labels(method.2)))", to: result) }
            }
        }
        return found
    }

    /// Returns the labels of the parameters without default values.
    private static func labels(_ parameters: Substring) -> String {
        parameters.split(separator: ", ").filter { !$0.contains(" = ") }
            .map { $0.prefix { $0 != " " && $0 != ":" } + ":" }
            .joined()
    }

    private static func states(typeName: Substring?, protocolName: Substring?) throws -> [LifecycleState] {
        if let typeName { return LifecycleState.allCases.filter { $0.typeName == typeName } }
        let types: [any EnvironmentState.Type] = [
            Created.self, Provisioning.self, Provisioned.self, ProvisionFailed.self, Configuring.self,
            Configured.self, ConfigureFailed.self, Releasing.self, Released.self, ReleaseFailed.self, Running.self,
            RunFailed.self, Destroyed.self,
        ]
        switch protocolName {
        case "DestroyableState": return types.filter { $0 is any DestroyableState.Type }.map { $0.name }
        case "ProvisionedState": return types.filter { $0 is any ProvisionedState.Type }.map { $0.name }
        case "InProgressState": return types.filter { $0 is any InProgressState.Type }.map { $0.name }
        case "ProvisionBegunState": return types.filter { $0 is any ProvisionBegunState.Type }.map { $0.name }
        case "ConfigureBegunState": return types.filter { $0 is any ConfigureBegunState.Type }.map { $0.name }
        case "ReleaseBegunState": return types.filter { $0 is any ReleaseBegunState.Type }.map { $0.name }
        case "RunBegunState": return types.filter { $0 is any RunBegunState.Type }.map { $0.name }
        case "FailedState": return types.filter { $0 is any FailedState.Type }.map { $0.name }
        default: throw NotFound(what: "state protocol \(protocolName ?? "")")
        }
    }
}

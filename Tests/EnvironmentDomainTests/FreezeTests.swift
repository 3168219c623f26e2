import EnvironmentDomain
import Foundation
import Testing

@Suite("A freeze", .quietLog)
struct FreezeTests {
    private static func freeze(until seconds: Int64? = 3600) throws -> Freeze {
        Freeze(
            reason: "the fair goes on", user: "me", since: try Sample.time(0), until: try seconds.map(Sample.time))
    }

    private static func frozen(_ state: LifecycleState) throws -> AnyEnvironmentState {
        let environment = try Sample.environment(in: state)
        var context = environment.context
        context.freeze = try freeze()
        return environment.with(context)
    }

    @Test("has its own golden file")
    func golden() throws {
        let text = try PackageFiles.text("Tests/EnvironmentDomainTests/Golden/configured-frozen.json")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let environment = try Self.frozen(.configured)
        #expect(try String(decoding: encoder.encode(environment), as: UTF8.self) + "\n" == text)
        #expect(try JSONDecoder().decode(AnyEnvironmentState.self, from: Data(text.utf8)) == environment)
    }

    @Test("does not change the state", arguments: LifecycleState.allCases)
    func keepsState(state: LifecycleState) throws {
        let environment = try Self.frozen(state)
        #expect(environment.state == state)
        #expect(environment.context.freeze != nil)
        #expect(try environment.with(Sample.environment(in: state).context) == Sample.environment(in: state))
    }

    @Test("remains through a transition")
    func transition() throws {
        let environment = try Self.frozen(.configured).environment(as: Configured.self)
        #expect(try environment.startReleasing(Sample.run(3)).erased.context.freeze == Self.freeze())
    }

    @Test("holds until its end, or forever without one")
    func end() throws {
        let freeze = try Self.freeze()
        #expect(try freeze.holds(at: Sample.time(3599)))
        #expect(try !freeze.holds(at: Sample.time(3600)))
        #expect(try Self.freeze(until: nil).holds(at: Sample.time(1 << 40)))
    }

    @Test("has a description with the user, the times and the reason")
    func description() throws {
        #expect(
            try Self.freeze().description == "frozen by me since 2026-11-20T22:19:01.123Z until "
                + "2026-11-20T23:19:01.123Z: the fair goes on")
    }
}

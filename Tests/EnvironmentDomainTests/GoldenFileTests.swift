import Foundation
import Testing

@testable import EnvironmentDomain

@Suite("The stored form of an environment", .quietLog)
struct GoldenFileTests {
    static let decoders: [(name: String, make: @Sendable () -> JSONDecoder)] = [
        ("as it comes", { JSONDecoder() }),
        ("seconds since 1970", { with { $0.dateDecodingStrategy = .secondsSince1970 } }),
        ("milliseconds since 1970", { with { $0.dateDecodingStrategy = .millisecondsSince1970 } }),
        ("ISO 8601", { with { $0.dateDecodingStrategy = .iso8601 } }),
        (
            "a date of its own",
            { with { $0.dateDecodingStrategy = .custom { _ in Date(timeIntervalSince1970: 0) } } }
        ),
    ]

    private static func with(_ change: (JSONDecoder) -> Void) -> JSONDecoder {
        let decoder = JSONDecoder()
        change(decoder)
        return decoder
    }

    private static func encode(_ environment: AnyEnvironmentState) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(environment), as: UTF8.self) + "\n"
    }

    private static func golden(_ name: String) throws -> String {
        try PackageFiles.text("Tests/EnvironmentDomainTests/Golden/\(name).json")
    }

    @Test("An environment in each state is encoded as its golden file says", arguments: LifecycleState.allCases)
    func encodes(state: LifecycleState) throws {
        #expect(try Self.encode(Sample.environment(in: state)) == Self.golden(state.rawValue))
    }

    @Test("A golden file is decoded to the environment that it was made from", arguments: LifecycleState.allCases)
    func decodes(state: LifecycleState) throws {
        let decoded = try JSONDecoder().decode(AnyEnvironmentState.self, from: Data(Self.golden(state.rawValue).utf8))
        #expect(try decoded == Sample.environment(in: state))
    }

    @Test("A golden file is the same after decoding and encoding, byte for byte", arguments: LifecycleState.allCases)
    func roundTrips(state: LifecycleState) throws {
        let text = try Self.golden(state.rawValue)
        #expect(try Self.encode(JSONDecoder().decode(AnyEnvironmentState.self, from: Data(text.utf8))) == text)
    }

    @Test(
        "The date strategy of a decoder has no effect", arguments: decoders.indices, LifecycleState.allCases)
    func dateStrategies(decoder index: Int, state: LifecycleState) throws {
        let (name, makeDecoder) = Self.decoders[index]
        let decoded = try makeDecoder().decode(AnyEnvironmentState.self, from: Data(Self.golden(state.rawValue).utf8))
        #expect(try decoded == Sample.environment(in: state), "with a decoder for \(name)")
    }

    @Test(
        "Optional members have their own golden files",
        arguments: ["released-parameters", "releasing-rollback", "created-without-credentials"])
    func optionalMembers(name: String) throws {
        let environment = try Sample.withOptionalMembers[name]?() ?? Sample.created().erased
        #expect(try Self.encode(environment) == Self.golden(name))
        #expect(
            try JSONDecoder().decode(AnyEnvironmentState.self, from: Data(Self.golden(name).utf8)) == environment)
    }

    @Test("An invalid parameter name does not decode")
    func invalidParameterName() throws {
        let text = try Self.golden("released-parameters").replacing("\"tag\"", with: "\"Tag\"")
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(AnyEnvironmentState.self, from: Data(text.utf8))
        }
    }

    @Test("A destroy in progress and a complete start have their own golden files")
    func destructionAndFinish() throws {
        let failure = try Sample.failure("remove_instance", startedAt: 540)
        let interrupted = try Sample.environment(in: .configured).with(Sample.destruction())
        let failed = try Sample.environment(in: .configured).with(Sample.destruction(failure: failure))
        let finished = try Sample.finishedRunning().erased
        for (environment, name) in [
            (interrupted, "configured-destroy-interrupted"), (failed, "configured-destroy-failed"),
            (finished, "running-finished"),
        ] {
            let text = try Self.golden(name)
            #expect(try Self.encode(environment) == text)
            #expect(try JSONDecoder().decode(AnyEnvironmentState.self, from: Data(text.utf8)) == environment)
        }
    }

    @Test(
        "A document without exactly one known state is not decoded",
        arguments: [
            ("{}", "exactly one member, its state, and not 0"),
            (#"{"Created": {}, "Destroyed": {}}"#, "exactly one member, its state, and not 2"),
            (#"{"Melted": {}}"#, #""Melted" is not one of the 13 states"#),
            (#"{"created": {}}"#, #""created" is not one of the 13 states"#),
        ])
    func refusesForeignMembers(text: String, complaint: String) {
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(AnyEnvironmentState.self, from: Data(text.utf8))
        }
        #expect(error.map { String(describing: $0) }?.contains(complaint) == true)
    }

    @Test("A document whose members belong to another state is not decoded")
    func refusesAnotherStatesPayload() throws {
        let text = try Self.golden("created").replacing("\"Created\"", with: "\"Provisioned\"")
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(AnyEnvironmentState.self, from: Data(text.utf8))
        }
    }

    @Test(
        "A document with an invalid value is not decoded, and the error names the value",
        arguments: [
            ("my-env", "My Env"), ("10.0.0.7", "10.0.0.7; rm -rf /"), ("2026-11-20T22:19:01.123Z", "yesterday"),
            ("crc32c:5e6f7a8b", "md5:5e6f7a8b"), ("/home/me/deploy/workflow.json", "workflow.json"),
        ])
    func validatesWhileDecoding(valid: String, invalid: String) throws {
        let text = try Self.golden("provisioned").replacing("\"\(valid)\"", with: "\"\(invalid)\"")
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(AnyEnvironmentState.self, from: Data(text.utf8))
        }
        #expect(error.map { String(describing: $0) }?.contains(invalid) == true)
    }
}

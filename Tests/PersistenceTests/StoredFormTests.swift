import EnvironmentDomain
import Foundation
import JSONText
import Persistence
import Testing

@Suite("The stored form as the package's own JSON")
struct StoredFormTests {
    private static let folder = URL(filePath: #filePath).appending(path: "../../EnvironmentDomainTests/Golden")
        .standardizedFileURL

    static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []).sorted()

    private static func golden(_ name: String) throws -> JSONNode {
        try JSONDocument(Array(Data(contentsOf: folder.appending(path: name)))).root
    }

    @Test("There is a golden file for each of the 13 states")
    func thirteen() { #expect(Self.names.count >= LifecycleState.allCases.count) }

    @Test("A golden file is the same after reading and writing, byte for byte", arguments: names)
    func roundTrips(name: String) throws {
        let golden = try Self.golden(name)
        let environment = try AnyEnvironmentState(json: golden)
        var writer = JSONWriter()
        try environment.write(to: &writer)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == String(decoding: golden.text(), as: UTF8.self))
        #expect(try JSONTextEncoder().encode(environment) == writer.bytes)
        #expect(try JSONTextDecoder().decode(AnyEnvironmentState.self, from: writer.bytes) == environment)
    }

    @Test("Codable has the same form with this package's coders and with Foundation's", arguments: names)
    func codable(name: String) throws {
        let golden = try Self.golden(name)
        let environment = try AnyEnvironmentState(json: golden)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: golden.text(), as: UTF8.self)
        #expect(try String(decoding: encoder.encode(environment), as: UTF8.self) == text)
        #expect(try String(decoding: JSONTextEncoder().value(of: environment).text(), as: UTF8.self) == text)
        #expect(try JSONDecoder().decode(AnyEnvironmentState.self, from: Data(golden.text())) == environment)
        #expect(try JSONDecoder().decode([AnyEnvironmentState].self, from: Data("[\(text)]".utf8)) == [environment])
    }

    @Test(
        "An unusable member is reported with its place",
        arguments: [
            ("\"ssh_port\":22", "\"ssh_port\":0", "ssh_port", "not a valid SSH port"),
            ("\"ssh_port\":22", "\"ssh_port\":\"x\"", "ssh_port", "expected a number, found string"),
            ("\"name\":\"my-env\"", "\"name\":\"My Env\"", "name", "not a valid environment name"),
            ("\"name\":\"my-env\",", "", "", "\"name\" is missing"),
            ("\"outputs\":{", "\"outputs\":{\"x\":1,", "x", "expected a string"),
            ("\"name\":\"my-env\"", "\"name\":null", "", "\"name\" is missing"),
        ])
    func refuses(text: String, replacement: String, key: String, complaint: String) throws {
        let whole = String(decoding: try Self.golden("provisioned.json").text(), as: UTF8.self)
        try #require(whole.contains(text))
        let damaged = Array(whole.replacing(text, with: replacement).utf8)
        let error = #expect(throws: DecodingError.self) {
            try JSONTextDecoder().decode(AnyEnvironmentState.self, from: damaged)
        }
        switch try #require(error) {
        case .dataCorrupted(let context), .typeMismatch(_, let context), .keyNotFound(_, let context),
            .valueNotFound(_, let context):
            #expect(context.debugDescription.contains(complaint))
            #expect(key.isEmpty || context.codingPath.last?.stringValue == key)
            #expect(context.underlyingError is JSONNodeError)
        @unknown default: break
        }
    }
}

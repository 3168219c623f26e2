import Foundation
import JSONText
import TestSupport
import Testing

@Suite("Compared with other JSON libraries")
struct DifferentialTests {
    /// Returns texts of random values, some with a few bytes changed, with the results of this parser.
    static func texts(seed: UInt64, count: Int) -> [(text: [UInt8], outcome: Result<JSONValue, JSONError>)] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let value = random.value()
            var text = (try? value.text(Bool.random(using: &random) ? .pretty : [])) ?? []
            if Bool.random(using: &random) {
                for _ in 0..<Int.random(in: 1...2, using: &random) where !text.isEmpty {
                    let place = Int.random(in: 0..<text.count, using: &random)
                    let byte = Array("{}[]:,\"\\0123eE+-.tfnul \n\u{1}".utf8).randomElement(using: &random) ?? 0
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: text[place] = byte
                    case 1: text.insert(byte, at: place)
                    default: text.remove(at: place)
                    }
                }
            }
            return (text, Result { () throws(JSONError) in try JSONValue(parsing: text) })
        }
    }

    /// Returns whether only this parser rejects a text with the error.
    static func isStricter(_ error: JSONError) -> Bool { [.duplicateMember, .loneSurrogate].contains(error.code) }

    @Test("Foundation accepts and refuses the same texts, and reads the same values", arguments: 0..<10)
    func foundation(seed: UInt64) throws {
        for (text, outcome) in Self.texts(seed: seed, count: 300) {
            let theirs = Result { try JSONDecoder().decode(JSONValue.self, from: Data(text)) }
            switch (outcome, theirs) {
            case (.success(let ours), .success(let theirs)):
                #expect(ours.rounded == theirs.rounded, "\(Self.show(text))")
            case (.failure(let error), .success):
                #expect(Self.isStricter(error), "refused \(Self.show(text)): \(error)")
            case (.success(let ours), .failure) where ours.hasNumberBeyondDouble: break
            case (.success, .failure(let error)): Issue.record("accepted \(Self.show(text)): \(error)")
            case (.failure, .failure): break
            }
        }
    }

    @Test("Python accepts and refuses the same texts, and writes the same values")
    func python() async throws {
        let python = URL(filePath: "/usr/bin/python3")
        guard FileManager.default.isExecutableFile(atPath: python.path()) else {
            print("skipped: there is no /usr/bin/python3 to compare with")
            return
        }
        let cases = Self.texts(seed: 77, count: 3000)
        let folder = FileManager.default.temporaryDirectory.appending(path: "json-text-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = """
            import json, sys
            def refuse(word): raise ValueError(word)
            def once(pairs):
                if len({name for name, _ in pairs}) < len(pairs): raise ValueError("twice")
                return dict(pairs)
            for line in open(sys.argv[1]):
                try:
                    value = json.loads(bytes.fromhex(line).decode("utf-8"), parse_constant=refuse, object_pairs_hook=once,
                                       parse_float=lambda text: {"": text})
                    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
                    print(text.encode("utf-8").hex())
                except ValueError:
                    print("-")
            """
        try Data(program.utf8).write(to: folder.appending(path: "check.py"))
        let lines = cases.map { $0.text.map { byte in String(format: "%02x", Int(byte)) }.joined() }.joined(
            separator: "\n")
        try Data((lines + "\n").utf8).write(to: folder.appending(path: "cases"))
        let (status, output) = try await Tool.run(
            python, [folder.appending(path: "check.py").path(), folder.appending(path: "cases").path()])
        #expect(status == 0, "\(output)")
        let theirs = output.split(separator: "\n")
        try #require(theirs.count == cases.count)
        for (theirs, (text, outcome)) in zip(theirs, cases) {
            switch outcome {
            case .success(let value):
                let written = try value.markingFractions.text().map { String(format: "%02x", Int($0)) }.joined()
                #expect(theirs == written, "\(Self.show(text))")
            case .failure(let error):
                #expect(theirs == "-" || error.code == .duplicateMember, "\(Self.show(text)): \(error)")
            }
        }
    }

    private static func show(_ text: [UInt8]) -> String { String(decoding: text, as: UTF8.self).debugDescription }
}

extension JSONValue {
    /// Whether Foundation rejects one of the value's numbers, which this parser accepts.
    fileprivate var hasNumberBeyondDouble: Bool {
        switch self {
        case .number(let number): number.floatingPoint(as: Double.self) == nil
        case .array(let elements): elements.contains(where: \.hasNumberBeyondDouble)
        case .object(let object): object.contains { $0.value.hasNumberBeyondDouble }
        default: false
        }
    }

    /// The value with its numbers as Foundation represents them.
    fileprivate var rounded: JSONValue {
        switch self {
        case .number(let number):
            number.integer(as: Int64.self).map { JSONValue($0) } ?? number.integer(as: UInt64.self).map {
                JSONValue($0)
            }
                ?? number.floatingPoint(as: Double.self).flatMap { JSONNumber($0) }.map(JSONValue.number) ?? self
        case .array(let elements): .array(elements.map(\.rounded))
        case .object(let object): .object(JSONObject(object.map { ($0.name, $0.value.rounded) }))
        default: self
        }
    }

    /// The value with each number that has a fraction or an exponent written as `{"": "text"}`.
    fileprivate var markingFractions: JSONValue {
        switch self {
        case .number(let number) where number.text.contains { ".eE".contains($0) }: .object(["": .string(number.text)])
        case .number(let number) where number.text == "-0": JSONValue(0)
        case .array(let elements): .array(elements.map(\.markingFractions))
        case .object(let object): .object(JSONObject(object.map { ($0.name, $0.value.markingFractions) }))
        default: self
        }
    }
}

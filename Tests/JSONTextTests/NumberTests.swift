import JSONText
import Testing

@Suite("Numbers")
struct NumberTests {
    @Test(
        "A number keeps every digit it is written with",
        arguments: [
            "9007199254740993", "1.10", "1e400", "-0", "-0.0", "1E+2", "0.1000000000000000055511151231257827",
            "18446744073709551616",
        ])
    func digits(text: String) throws {
        let value = try JSONValue(parsing: Array("[\(text)]".utf8))
        #expect(value.array?.first?.number?.text == text)
        #expect(try value.text() == Array("[\(text)]".utf8))
        #expect(try JSONDocument(Array(text.utf8)).root.number().text == text)
        #expect(JSONNumber(text)?.text == text)
    }

    @Test(
        "A text that is not a number is refused",
        arguments: ["", "1 ", " 1", "01", "+1", "1.", ".5", "0x1", "NaN", "\"1\"", "1e", "null", "[1]"])
    func notNumbers(text: String) { #expect(JSONNumber(text) == nil) }

    @Test(
        "Numbers are equal when their values are",
        arguments: [
            ("1.10", "11e-1", true), ("1", "1.0", true), ("100", "1e2", true), ("-0", "0", true), ("0e5", "0.00", true),
            ("9007199254740993", "9007199254740992", false), ("1", "-1", false), ("1e400", "1e401", false),
            ("1e400", "10e399", true), ("0.1", "0.10000000000000000001", false), ("1e99999999999999999999", "1", false),
            ("1e99999999999999999999", "1e99999999999999999999", true), ("0e99999999999999999999", "0", true),
            ("12", "120", false), ("0.012", "12E-3", true),
        ])
    func equality(left: String, right: String, areEqual: Bool) throws {
        let (left, right) = (try #require(JSONNumber(left)), try #require(JSONNumber(right)))
        #expect((left == right) == areEqual)
        if areEqual { #expect(left.hashValue == right.hashValue) }
    }

    @Test(
        "A whole number has any of its spellings",
        arguments: [
            ("100", 100), ("1e2", 100), ("100.0", 100), ("1000e-1", 100), ("-1E+3", -1000), ("0", 0), ("-0", 0),
            ("0.0", 0),
            ("0e400", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775808", nil),
            ("9.223372036854775807e18", .max), ("1.5", nil), ("1e-1", nil), ("1e400", nil), ("1e19", nil),
            ("9007199254740993", 9_007_199_254_740_993), ("1e99999999999999999999", nil),
        ] as [(String, Int?)])
    func integers(text: String, value: Int?) throws {
        #expect(JSONNumber(text)?.integer() == value)
        let node = try JSONDocument(Array(text.utf8)).root
        #expect((try? node.integer()) == value)
    }

    @Test("A number beyond a type is refused with its text", arguments: ["256", "-1", "1.5", "1e3"])
    func beyond(text: String) throws {
        let node = try JSONDocument(Array("{\"a\":\(text)}".utf8)).root
        let error = #expect(throws: DecodingError.self) { try node["a"]?.integer(as: UInt8.self) }
        guard case .dataCorrupted(let context) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(context.debugDescription == "a whole number from 0 to 255 is expected, and not \(text)")
        #expect(context.codingPath.map(\.stringValue) == ["a"])
    }

    @Test("A floating-point number is written with the fewest digits that decode to the same number", arguments: 0..<20)
    func floatingPoint(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let double = Double(bitPattern: random.next())
            guard let number = JSONNumber(double) else {
                #expect(!double.isFinite)
                continue
            }
            #expect(JSONNumber(number.text) != nil, "\(number)")
            #expect(number.floatingPoint(as: Double.self) == double)
            let float = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
            if float.isFinite { #expect(JSONNumber(float)?.floatingPoint(as: Float.self) == float) }
        }
        #expect(JSONNumber(5.0)?.text == "5")
        #expect(JSONNumber("1e400")?.floatingPoint(as: Double.self) == nil)
    }
}
